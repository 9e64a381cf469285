// The scale of a guess: numbers as it writes them, its stops, and its ticks.

const MOST_TICKS = 7;

const digits = (x, most) => x.toLocaleString("en", { maximumSignificantDigits: most });
const short = (x) => (Math.abs(x) >= 1000 ? x.toLocaleString("en", { maximumFractionDigits: 0 }) : digits(x, 3));
const compact = (x) =>
  x >= 1e4 ? x.toLocaleString("en", { notation: "compact", maximumSignificantDigits: 3 }) : digits(x, 3);
const single = (unit) => (/^[A-Za-z]{3,}s$/.test(unit) ? unit.slice(0, -1) : unit);
const withUnit = (text, unit) => (unit ? `${text} ${text === "1" ? single(unit) : unit}` : text);

// Powers of ten; where they are few, their multiples too.
function ticks(low, high) {
  const powers = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) powers.push(power);
  for (const steps of [[1], [1, 3], [1, 2, 5]]) {
    const all = powers.flatMap((power) => steps.map((step) => Number(`${step}e${power}`)));
    const found = all.filter((x) => x >= low && x <= high);
    if (found.length > 2) return found.filter((_, i) => i % Math.ceil(found.length / MOST_TICKS) === 0);
  }
  return [low, high];
}

// Shares go evenly from their low end to their high one, in steps of one percent; small ones do not.
const isEven = ({ low, unit }) => unit === "%" && low >= 1;
function evenScale(low, high) {
  const inside = (x) => Math.min(high, Math.max(low, x));
  return {
    place: (x) => (inside(x) - low) / (high - low),
    value: (place) => inside(Math.round(low + place * (high - low))),
    step: (x, way) => (x === null ? (way > 0 ? low : high) : inside(Math.round(x + way))),
    leap: (x, way) => (x === null ? (way > 0 ? low : high) : inside(Math.round(x + 10 * way))),
  };
}

// A logarithmic scale whose stops have two digits.
function scaleOf(limits) {
  const { low, high, whole = false } = limits;
  if (isEven(limits)) return evenScale(low, high);
  const inside = (x) => Math.min(high, Math.max(low, x));
  const tidy = (x) => inside(whole ? Math.round(Number(x.toPrecision(2))) : Number(x.toPrecision(2)));
  const stopAt = (x, way) => {
    const size = 10 ** (Math.floor(Math.log10(x) + way * 1e-9) - 1);
    return whole ? Math.max(1, size) : size;
  };
  return {
    place: (x) => (x > 0 ? Math.log(inside(x) / low) / Math.log(high / low) : 0),
    value: (place) => (place >= 1 ? high : place <= 0 ? low : tidy(low * (high / low) ** place)),
    step: (x, way) => (x === null ? (way > 0 ? low : high) : tidy(x + way * stopAt(x, way))),
    leap: (x, way) => (x === null ? (way > 0 ? low : high) : tidy(x * 10 ** (way / 4))),
  };
}

function drawTicks(parent, limits) {
  const { low, high } = limits,
    scale = scaleOf(limits),
    marks = isEven(limits) ? [low, 25, 50, 75, high].filter((x) => x >= low && x <= high) : ticks(low, high),
    node = make(parent, "div", "predict-ticks", { ariaHidden: "true" });
  for (const x of marks) {
    make(node, "span", "predict-tick", { textContent: compact(x) }).style.left = `${100 * scale.place(x)}%`;
  }
}
