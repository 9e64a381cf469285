// Squares in rows, filled one after another: a path around those that are filled, painted with a pattern of squares,
// costs the same for three as for a thousand.

// Around the first `n` of them, row by row; of the last one only the part that counts.
function fillPath(n, columns, size) {
  const full = Math.floor(n / columns + 1e-9),
    rest = Math.max(0, n - full * columns),
    row = (y, x) => `M0 ${y}h${(x * size).toFixed(2)}v${size}h${(-x * size).toFixed(2)}z`;
  const above = full ? `M0 0h${columns * size}v${full * size}h${-columns * size}z` : "";
  return above + (rest > 0 ? row(full * size, rest) : "");
}

// A pattern of squares in a paint that the style sheet knows by `kind`; `gap` [px] between them.
function squarePattern(defs, id, kind) {
  const pattern = make(defs, "pattern", "", { id, patternUnits: "userSpaceOnUse" }),
    square = make(pattern, "rect", `lab-paint-${kind}`);
  return (size, gap, inset = 0) => {
    set(pattern, { width: size, height: size });
    const side = Math.max(0.5, size - gap - 2 * inset);
    set(square, { x: inset, y: inset, width: side, height: side, rx: side > 20 ? 3 : 0 });
  };
}

const newId = (name) => `lab-${name}-${Math.random().toString(36).slice(2)}-`;
