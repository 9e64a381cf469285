// Carries out the instructions that trace.py writes. Values are numbers, or flat Float64Arrays for arrays of any
// shape; truth is 0 or 1. Where Python and JavaScript differ, Python's answer is given.

const halfToEven = (x) => {
  const r = Math.round(x);
  return r - x === 0.5 && r % 2 !== 0 ? r - 1 : r;
};
const remainder = (a, b) => {
  const m = a % b;
  return m !== 0 && m < 0 !== b < 0 ? m + b : m;
};
const floorDivide = (a, b) => {
  // not floor(a / b): 1 // 0.1 is 9
  if (b === 0) return a / b;
  const m = a % b;
  const quotient = (a - m) / b - (m !== 0 && m < 0 !== b < 0 ? 1 : 0);
  const whole = Math.floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
};
const power = (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b);

const elementwise = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  floor_divide: floorDivide,
  remainder,
  power,
  negative: (a) => -a,
  square: (a) => a * a,
  absolute: Math.abs,
  sign: Math.sign,
  sqrt: Math.sqrt,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  log2: Math.log2,
  log10: Math.log10,
  ceil: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
  rint: halfToEven,
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  less: (a, b) => +(a < b),
  less_equal: (a, b) => +(a <= b),
  greater: (a, b) => +(a > b),
  greater_equal: (a, b) => +(a >= b),
  equal: (a, b) => +(a === b),
  not_equal: (a, b) => +(a !== b),
  logical_and: (a, b) => a & b,
  logical_or: (a, b) => a | b,
  logical_not: (a) => 1 - a,
  isfinite: (a) => +Number.isFinite(a),
  isnan: (a) => +Number.isNaN(a),
  where: (c, a, b) => (c !== 0 ? a : b),
};

// A fold gets the elements along one axis, in order.
const best = (better) => (xs) =>
  xs.reduce((k, x, i) => (Number.isNaN(xs[k]) ? k : better(x, xs[k]) || Number.isNaN(x) ? i : k), 0);
const folds = {
  sum: (xs) => xs.reduce((s, x) => s + x, 0),
  max: (xs) => xs.reduce((s, x) => Math.max(s, x)),
  min: (xs) => xs.reduce((s, x) => Math.min(s, x)),
  argmax: best((x, y) => x > y),
  argmin: best((x, y) => x < y),
  cumsum: (xs) => {
    let s = 0;
    return xs.map((x) => (s += x));
  },
};

// A value as it is kept: JSON has nested lists, and names for what is not finite.
const flat = (v) =>
  Array.isArray(v) ? Float64Array.from(v.flat(Infinity), Number) : ArrayBuffer.isView(v) ? Float64Array.from(v) : +v;
const rowLength = (rows) => (Array.isArray(rows[0]) ? rows[0].flat(Infinity).length : 0);

// Instructions that are not applied element by element: from the values of their arguments and what stands in them.
const structures = {
  pick: (index, table, row) => {
    const k = Math.trunc(index);
    return row ? table.slice(k * row, k * row + row) : (table[k] ?? NaN);
  },
  stack: (...parts) =>
    typeof parts[0] === "number" ? Float64Array.from(parts) : Float64Array.from(parts.flatMap((p) => [...p])),
  view: (from, places, whole) => {
    const all = typeof from === "number" ? [from] : from;
    return whole ? Float64Array.from(places, (p) => all[p]) : all[places[0]];
  },
};

const placesOf = (start, shape, strides) =>
  shape.reduce(
    (places, n, axis) => places.flatMap((p) => Array.from({ length: n }, (_, i) => p + i * strides[axis])),
    [start],
  );

export const operations = { ...elementwise, ...folds, ...structures };

function each(f, args) {
  const long = args.find((a) => typeof a !== "number");
  if (long === undefined) return f(...args);
  const out = new Float64Array(long.length);
  const [a, b, c] = args.map((x) => (typeof x === "number" ? [x] : x));
  const [i, j, k] = args.map((x) => +(typeof x !== "number")); // how far to step: a number stays where it is
  for (let n = 0; n < out.length; n++)
    out[n] = b === undefined ? f(a[n * i]) : c === undefined ? f(a[n * i], b[n * j]) : f(a[n * i], b[n * j], c[n * k]);
  return out;
}

function along(f, from, before, count, after, dimensions) {
  const rows = [];
  for (let i = 0; i < before; i++)
    for (let k = 0; k < after; k++)
      rows.push(f(Float64Array.from({ length: count }, (_, j) => from[(i * count + j) * after + k])));
  if (typeof rows[0] === "number") return dimensions ? Float64Array.from(rows) : rows[0];
  const out = new Float64Array(before * count * after); // cumsum: as long as what it came from
  rows.forEach((row, r) =>
    row.forEach((x, j) => {
      out[(Math.floor(r / after) * count + j) * after + (r % after)] = x;
    }),
  );
  return out;
}

// What an instruction reads (numbers of others), and how it computes its value from theirs.
function compile([op, ...args], code, table) {
  const f = table[op];
  if (op in elementwise) return { reads: args, compute: (...values) => each(f, values) };
  if (op in folds) return { reads: [args[0]], compute: (from) => along(f, from, ...args.slice(1)) };
  if (op === "pick") return { reads: args, compute: (i, rows) => f(i, rows, rowLength(code[args[1]][1])) };
  if (op === "stack") return { reads: args, compute: f };
  const [from, start, shape, strides] = args; // view
  const places = placesOf(start, shape, strides);
  return { reads: [from], compute: (value) => f(value, places, shape.length > 0) };
}

// A program whose values last: an instruction is carried out again only when something that it reads has changed.
// The function that is returned takes the inputs by name and gives the outputs that changed.
export function load({ code, outputs }, table = operations) {
  const values = code.map(([op, given]) => (op === "const" ? flat(given) : op === "text" ? given : undefined));
  const steps = code.map((line) => (["input", "const", "text"].includes(line[0]) ? null : compile(line, code, table)));
  let first = true;
  return function run(inputs) {
    const fresh = code.map(([op, name], i) => {
      if (op !== "input") return first;
      const value = flat(inputs[name]),
        moved = !Object.is(value, values[i]); // an array always counts as moved
      values[i] = value;
      return moved;
    });
    steps.forEach((step, i) => {
      if (!step || !(first || step.reads.some((r) => fresh[r]))) return;
      values[i] = step.compute(...step.reads.map((r) => values[r]));
      fresh[i] = true;
    });
    first = false;
    return Object.fromEntries(
      Object.entries(outputs)
        .filter(([, i]) => fresh[i])
        .map(([name, i]) => [name, values[i]]),
    );
  };
}
