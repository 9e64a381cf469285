// Two logarithmic axes with a mark at each power of ten; what the picture is of stands in their upper right corner.

const LEFT = 56,
  RIGHT = 14,
  TOP = 42,
  BOTTOM = 44; // [px] around the plot
const MARK_HEIGHT = 20,
  MARK_GAP = 10; // [px] nearer marks are thinned

const tickText = (exponent) =>
  Math.abs(exponent) > 5 ? `1e${exponent}` : (10 ** exponent).toLocaleString("en", { maximumFractionDigits: 5 });
const decades = ([low, high]) => {
  const first = Math.ceil(Math.log10(low) - 1e-9),
    last = Math.floor(Math.log10(high) + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
};

// Where things are: the plot's edges, pixels of a decade, and the places of powers of ten.
function scalesOf(xs, ys, width) {
  const top = TOP,
    height = heightFor(width);
  const left = LEFT,
    right = Math.max(LEFT + 80, width - RIGHT),
    bottom = height - BOTTOM;
  const [x0, x1, y0, y1] = [...xs, ...ys].map(Math.log10),
    wide = (right - left) / (x1 - x0),
    tall = (bottom - top) / (y1 - y0);
  return {
    left,
    right,
    top,
    bottom,
    width,
    height,
    wide,
    tall,
    px: (e) => left + (e - x0) * wide,
    py: (e) => bottom - (e - y0) * tall,
  };
}

// Where the axes are, for whoever marks something on them.
const tellAxes = (svg, scale, xs, ys, { left, right, top, bottom }) =>
  set(svg, { "data-axes": JSON.stringify([[scale, ...xs, left, right], [scale, ...ys, bottom, top]]) });

// `yUnit` is the power of ten that the numbers beside the y axis count.
function makeAxes(svg, behind, xs, ys, [xWords, yWords], yUnit) {
  const axes = make(svg, "path", "lab-drawing-axis");
  const [heading, xTitle, yTitle] = ["lab-drawing-soft", "lab-drawing-end", ""].map((kind) => textIn(svg, kind));
  const marks = (limits, kind, unit) =>
    decades(limits).map((exponent) => {
      const label = textIn(svg, kind);
      write(label, tickText(exponent - unit));
      return [exponent, make(behind, "path", "lab-drawing-grid"), label];
    });
  const columns = marks(xs, "lab-drawing-middle", 0),
    rows = marks(ys, "lab-drawing-end", yUnit);
  write(xTitle, xWords);
  write(yTitle, yWords);
  return (title, { left, right, top, bottom, width, height, wide, tall, px, py }) => {
    const widths = columns.map(([, , label]) => widthOf(label.textContent));
    const everyX = Math.ceil((Math.max(...widths) + MARK_GAP) / wide),
      everyY = Math.ceil(MARK_HEIGHT / tall);
    columns.forEach(([exponent, line, label], i) => {
      set(line, { d: `M${px(exponent)} ${top}V${bottom}` });
      move(show(label, i % everyX === 0), Math.min(px(exponent), width - widths[i] / 2), bottom + 19);
    });
    rows.forEach(([exponent, line, label], i) => {
      set(line, { d: `M${left} ${py(exponent)}H${right}` });
      move(show(label, i % everyY === 0), left - 6, py(exponent) + 4);
    });
    set(axes, { d: `M${left} ${top}V${bottom}H${right}` });
    const words = fit(title ?? "", right - widthOf(yWords) - 24);
    write(heading, words);
    move(heading, right - widthOf(words), top - 26);
    move(xTitle, right, height - 6);
    move(yTitle, 0, top - 26);
  };
}
