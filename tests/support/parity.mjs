// Runs programs under node and compares what comes out with what the formula gave.
// In, on standard input: {module, cases: [{program, points: {input: [..]}, expected: {output: [..]}}], mutants}.
// Out: {cases: [{worst, wrong: [first few], values, microseconds}], survivors: [names of breaks that nothing showed]}.
import { readFileSync } from "node:fs";

const { module, cases, mutants } = JSON.parse(readFileSync(0, "utf8"));
const { load, operations } = await import(module);
const TOLERANCE = 1e-9;

const number = (v) => (Array.isArray(v) ? v.flat(Infinity).map(Number) : [Number(v)]);
function difference(expected, got) {
  if (got === undefined) return Infinity;
  const values = typeof got === "number" ? [got] : [...got];
  if (values.length !== expected.length) return Infinity;
  return expected.reduce((worst, a, i) => {
    const b = values[i];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return worst;
    const off = Math.abs(a - b) / Math.abs(a);
    return Math.max(worst, Number.isNaN(off) ? Infinity : off);
  }, 0);
}

function compare({ program, points, expected }, table, stopEarly) {
  const names = Object.keys(points),
    count = points[names[0]].length;
  const run = load(program, table),
    held = {},
    wrong = [];
  let worst = 0,
    values = 0,
    nanoseconds = 0n;
  for (let i = 0; i < count; i++) {
    const inputs = Object.fromEntries(names.map((n) => [n, points[n][i]]));
    const begin = process.hrtime.bigint();
    Object.assign(held, run(inputs));
    nanoseconds += process.hrtime.bigint() - begin;
    for (const output in expected) {
      const wanted = expected[output][i],
        off = difference(wanted, held[output]);
      values += wanted.length;
      worst = Math.max(worst, off);
      if (off > TOLERANCE) {
        wrong.push({ output, inputs, wanted: wanted.slice(0, 3).map(String), got: String(held[output]).slice(0, 60) });
        if (stopEarly) return { wrong };
      }
    }
  }
  return { worst: String(worst), wrong: wrong.slice(0, 5), values, microseconds: Number(nanoseconds) / 1e3 / count };
}

for (const one of cases) {
  for (const o in one.expected) one.expected[o] = one.expected[o].map(number);
  for (const n in one.points) one.points[n] = one.points[n].map((v) => (Array.isArray(v) ? v : Number(v)));
}

// Every operation broken once in a way that only shows in its last digits, and some in the ways people break them.
const nudge = (v) =>
  typeof v === "number"
    ? v === 0 || v === 1
      ? 1 - v
      : v * (1 + 1e-6)
    : Float64Array.from(v, (x, i) => (i === v.length - 1 ? nudge(x) : x));
const slips = {
  floor_divide: (a, b) => Math.floor(a / b),
  remainder: (a, b) => a % b,
  rint: Math.round,
  power: (a, b) => a ** b,
  maximum: (a, b) => (a > b ? a : b),
  minimum: (a, b) => (a < b ? a : b),
  trunc: Math.floor,
  ceil: (a) => Math.floor(a) + 1,
  less: (a, b) => +(a <= b),
  less_equal: (a, b) => +(a < b),
  greater: (a, b) => +(a >= b),
  greater_equal: (a, b) => +(a > b),
  logical_and: (a, b) => a | b,
  logical_or: (a, b) => a & b,
  isfinite: (a) => +!Number.isNaN(a),
  isnan: (a) => +!Number.isFinite(a),
  sign: (a) => (a < 0 ? -1 : 1),
  absolute: (a) => (a < 0 ? a : -a),
  expm1: (a) => Math.exp(a) - 1,
  log1p: (a) => Math.log(1 + a),
  where: (c, a, b) => (c ? a : b),
  argmax: (xs) => xs.indexOf(Math.max(...xs)),
  argmin: (xs) => xs.lastIndexOf(Math.min(...xs)),
  max: (xs) => xs.reduce((s, x) => (x > s ? x : s), 0),
  min: (xs) => xs.reduce((s, x) => (x < s ? x : s), Infinity),
  sum: (xs) => xs.slice(1).reduce((s, x) => s + x, 0),
  cumsum: (xs) => xs.map((_, i) => xs.slice(0, i).reduce((s, x) => s + x, 0)),
};
const breaks = Object.keys(operations).map((op) => [
  op,
  (...a) => (typeof operations[op](...a) === "string" ? "?" : nudge(operations[op](...a))),
]);
const survivors = [];
if (mutants) {
  for (const [op, broken] of [...breaks, ...Object.entries(slips)]) {
    const table = { ...operations, [op]: broken };
    if (!cases.some((one) => compare(one, table, true).wrong.length)) survivors.push(op);
  }
}
const report = mutants ? [] : cases.map((one) => compare(one, operations, false));
process.stdout.write(
  JSON.stringify({ cases: report, survivors, broken: mutants ? breaks.length + Object.keys(slips).length : 0 }),
);
