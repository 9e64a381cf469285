// Where numbers are in a figure, how axes are marked, and the colours of values.

const listOf = (values) => (values ? Array.from(values) : []);
const FAR = 1e5; // [px] further out nothing is drawn

// A number's place on a scale's way from `first` to `last` [px].
export function placeOn(scale, first, last) {
  const of = scale.kind === "LogScaleModel" ? Math.log : Number,
    [low, high] = [of(scale.get("min")), of(scale.get("max"))];
  return (value) => {
    const at = first + ((of(value) - low) / (high - low)) * (last - first);
    return Math.min(FAR, Math.max(-FAR, at));
  };
}

// As d3 writes ",~g": six digits, commas, and no idle zeros.
export function tickText(axis, value) {
  const given = axis.get("tick_labels") ?? {},
    known = Object.keys(given).find((key) => Number(key) === value);
  if (known !== undefined) return given[known];
  const digits = value.toPrecision(6);
  if (/e/.test(digits)) return digits.replace(/\.?0*e/, "e");
  return Number(digits).toLocaleString("en", { maximumFractionDigits: 20 });
}

// Five places from end to end, where an axis says none.
export function ticksOf(axis, scale) {
  const said = listOf(axis.get("tick_values"));
  if (said.length) return said;
  const [low, high] = [scale.get("min"), scale.get("max")];
  return [0, 1, 2, 3, 4, 5].map((i) => low + (i / 5) * (high - low));
}

const partsOf = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));

// The colour of a value between those of the ends; none for a value that is none.
export function colourOn(scale) {
  const colours = scale.get("colors").map(partsOf),
    [low, mid, high] = ["min", "mid", "max"].map((name) => scale.get(name));
  const mix = (a, b, t) => `rgb(${a.map((x, i) => Math.round(x + (b[i] - x) * t)).join(",")})`;
  return (value) => {
    if (!Number.isFinite(value)) return "";
    const isLow = value < mid || colours.length < 3,
      [from, to] = isLow ? [low, colours.length < 3 ? high : mid] : [mid, high];
    const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
    return isLow ? mix(colours[0], colours[1], t) : mix(colours[1], colours[2], t);
  };
}
