// bqplot's marks, drawn from their models: lines and areas, points, names, and the cells of a heat map.

const SVG = "http://www.w3.org/2000/svg";
const DASHES = { dashed: "10 5", dotted: "2 5", dash_dotted: "10 5 2 5" };
const ANCHORS = { start: "start", middle: "middle", end: "end" };
const OVERLAP = 1; // [px] of a cell that the next one lies on: between two there is no gap

export function svgPart(parent, tag, attributes = {}) {
  const node = parent.appendChild(document.createElementNS(SVG, tag));
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

const numbersOf = (model, name) => listOf(model.get(name));
const styled = (style) =>
  Object.entries(style)
    .filter(([, value]) => value !== "" && value !== null && value !== undefined)
    .map(([name, value]) => `${name}:${value}`)
    .join(";");

function drawLines(model, group, { x, y }) {
  const [xs, ys] = [numbersOf(model, "x"), numbersOf(model, "y")],
    isStep = model.get("interpolation") === "step-after";
  let path = "",
    isPen = false;
  xs.forEach((value, i) => {
    const [px, py] = [x(value), y(ys[i])].map((at) => at.toFixed(2));
    const isPlace = !/NaN/.test(px + py);
    if (isPlace) path += isPen && isStep ? `H${px}V${py}` : `${isPen ? "L" : "M"}${px} ${py}`;
    isPen = isPlace;
  });
  const isFilled = model.get("fill") === "inside",
    width = model.get("stroke_width") ?? 2;
  svgPart(group, "path", {
    d: path + (path && model.get("close_path") ? "Z" : ""),
    style: styled({
      fill: isFilled ? model.get("fill_colors")?.[0] : "none",
      "fill-opacity": isFilled ? (model.get("fill_opacities")?.[0] ?? 1) : "",
      stroke: width ? model.get("colors")?.[0] : "none",
      "stroke-width": width,
      "stroke-dasharray": DASHES[model.get("line_style")] ?? "",
    }),
  });
}

// A sign of an area [px²], around 0 0.
function signPath(kind, area) {
  if (kind === "square") {
    const side = Math.sqrt(area);
    return `M${-side / 2} ${-side / 2}h${side}v${side}h${-side}Z`;
  }
  if (kind === "diamond") {
    const up = Math.sqrt(area / (2 * Math.tan(Math.PI / 6))),
      out = up * Math.tan(Math.PI / 6);
    return `M0 ${-up}L${out} 0L0 ${up}L${-out} 0Z`;
  }
  if (kind === "triangle-up") {
    const up = Math.sqrt(area / (3 * Math.sqrt(3)));
    return `M0 ${-2 * up}L${Math.sqrt(3) * up} ${up}H${-Math.sqrt(3) * up}Z`;
  }
  const r = Math.sqrt(area / Math.PI);
  return `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
}

function drawPoints(model, group, { x, y }) {
  const ys = numbersOf(model, "y"),
    style = { fill: model.get("colors")?.[0], stroke: model.get("stroke"), "stroke-width": model.get("stroke_width") };
  numbersOf(model, "x").forEach((value, i) => {
    const [px, py] = [x(value), y(ys[i])];
    if (Number.isNaN(px + py)) return;
    svgPart(group, "path", {
      class: "dot",
      d: signPath(model.get("marker"), model.get("default_size")),
      transform: `translate(${px.toFixed(2)},${py.toFixed(2)})`,
      style: styled(style),
    });
  });
}

function drawNames(model, group, { x, y }) {
  const ys = numbersOf(model, "y");
  numbersOf(model, "x").forEach((value, i) => {
    const [px, py] = [x(value) + model.get("x_offset"), y(ys[i]) + model.get("y_offset")];
    if (Number.isNaN(px + py)) return;
    const text = svgPart(group, "text", {
      ...{ x: px.toFixed(2), y: py.toFixed(2), "text-anchor": ANCHORS[model.get("align")] },
      style: styled({
        fill: model.get("colors")?.[0],
        "font-size": `${model.get("default_size")}px`,
        "font-weight": model.get("font_weight"),
      }),
    });
    text.textContent = model.get("text")[i] ?? "";
  });
}

// Bars that are stacked, each of the same height: the cells of a grid, column by column. They are many: made once.
function drawCells(model, group, { x, y, colour }) {
  const rows = listOf(model.get("y")).length,
    columns = numbersOf(model, "x").length,
    colours = numbersOf(model, "color");
  const width = x(1) - x(0) + OVERLAP,
    height = y(0) - y(1) + OVERLAP;
  colours.slice(0, rows * columns).forEach((value, i) => {
    const [column, row] = [Math.floor(i / rows), i % rows];
    const cell =
      group.children[i] ??
      svgPart(group, "rect", { ...{ class: "bar", x: x(column), y: y(row + 1) - OVERLAP }, width, height });
    cell.style.fill = colour(value);
  });
}

export const MARKS = { LinesModel: drawLines, ScatterModel: drawPoints, LabelModel: drawNames, BarsModel: drawCells };
