// Sentences with places for numbers, as words/templates.py fills them: {free:GB}, {wait:time}, {share:%}, {n:user}.

const TIMES = [
  [1, "s"],
  [1e-3, "ms"],
  [1e-6, "µs"],
  [1e-9, "ns"],
];

const ALMOST = 0.9995; // of all: three digits would make it all

// Made once: to make one takes longer than to use it, and texts change at every move.
const noFractions = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const wholeText = (x) => (Number.isFinite(x) ? noFractions.format(x) : digitsText(x));

// Three significant digits with their zeros; from a thousand on whole numbers; no exponent.
function digitsText(x) {
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "–";
  if (x === 0) return "0";
  const size = Math.abs(Number(x.toPrecision(3)));
  return size >= 1000 ? wholeText(x) : x.toFixed(Math.min(100, Math.max(0, 2 - Math.floor(Math.log10(size)))));
}

function timeText(x) {
  const [size, unit] = TIMES.find(([s]) => Math.abs(x) >= s * 0.9995) ?? TIMES[x ? 3 : 1];
  return `${digitsText(x / size)} ${unit}`;
}

const countText = (x, one) => `${wholeText(x)} ${one}${wholeText(x) === "1" ? "" : "s"}`;

// `units` : how large the units are that places name; what is not among them is counted.
function placeText(x, kind, units) {
  if (kind === undefined) return digitsText(x);
  if (kind === "time") return timeText(x);
  if (kind === "%") return x > ALMOST && x < 1 ? "more than 99.9 %" : `${digitsText(100 * x)} %`;
  if (kind === ",") return wholeText(x);
  return kind in units ? `${digitsText(x / units[kind])} ${kind}` : countText(x, kind);
}

export const filled = (template, values, units) =>
  template.replace(/\{([\w.]+)(?::([^{}]+))?\}/g, (_, name, kind) => placeText(values[name] ?? NaN, kind, units));

// The sentence that a picture has been given, from its traits; its numbers are a list, or an array of a program.
const saidText = ({ says, said, said_names, said_units }) => {
  const list = said?.buffer ? new Float64Array(said.buffer, said.byteOffset, said.byteLength / 8) : (said ?? []);
  const values = Object.fromEntries(said_names.split(" ").map((name, i) => [name, list[i]]));
  return filled(says, values, JSON.parse(said_units));
};
