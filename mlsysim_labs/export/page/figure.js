// bqplot's figure from its models: two axes and what goes over them, anew whenever its room changes.

const LABEL_GAP = 17; // [px] from an axis to its numbers
const EM = 12; // [px] that bqplot counts offsets of labels in

export function figureView(model, page) {
  const node = nodeOf(model, "div", "bqplot figure"),
    svg = svgPart(node, "svg", { class: "svg-figure", width: "100%", height: "100%" }),
    behind = svgPart(svg, "g", { class: "svg-background" }),
    before = svgPart(svg, "g", { class: "page-marks" }),
    clip = svgPart(svgPart(svg, "defs"), "clipPath", { id: `clip-${model.model_id}` }),
    inside = svgPart(clip, "rect");
  const all = (name) => (model.get(name) ?? []).map((ref) => page.models.at(ref));
  let room = null,
    heard = [];

  // Where a mark's numbers are, by the scales that it has.
  const places = (mark) => {
    const scales = mark.get("scales"),
      { left, right, top, bottom } = room;
    return {
      x: placeOn(page.models.at(scales.x), left, right),
      y: placeOn(page.models.at(scales.y), bottom, top),
      colour: scales.color && colourOn(page.models.at(scales.color)),
    };
  };
  const drawMark = (mark, group) => {
    if (mark.kind !== "BarsModel") group.replaceChildren();
    if (room) MARKS[mark.kind](mark, group, places(mark));
  };
  const drawMarks = () => {
    for (const stop of heard) stop();
    before.replaceChildren();
    heard = all("marks").map((mark) => {
      const clipped = mark.get("apply_clip") === false ? {} : { "clip-path": `url(#${clip.id})` },
        group = svgPart(before, "g", { class: "object_grp", ...clipped });
      let isDue = false;
      const draw = () => {
        if (isDue) drawMark(mark, group);
        isDue = false;
      };
      const soon = () => {
        if (!isDue) queueMicrotask(draw); // once for all numbers of a move
        isDue = true;
      };
      drawMark(mark, group);
      mark.on("change", soon);
      return () => {
        isDue = false;
        mark.off("change", soon);
      };
    });
  };
  const drawAxes = () => {
    behind.replaceChildren();
    for (const axis of all("axes")) drawAxis(behind, axis, page.models.at(axis.get("scale")), room);
    const { left, right, top, bottom } = room;
    for (const [name, value] of Object.entries({ x: left, y: top, width: right - left, height: bottom - top }))
      inside.setAttribute(name, value);
  };
  const measure = () => {
    const { clientWidth: width, clientHeight: height } = node,
      margin = model.get("fig_margin");
    if (!width || !height || (room?.width === width && room.height === height)) return;
    room = { width, height, left: margin.left, right: width - margin.right };
    Object.assign(room, { top: margin.top, bottom: height - margin.bottom });
    drawAxes();
    drawMarks();
  };
  model.on("change:marks", drawMarks);
  page.waiting.unshift(measure); // before whoever looks at the axes
  new ResizeObserver(measure).observe(node);
  return node;
}

function drawAxis(parent, axis, scale, { left, right, top, bottom }) {
  const isUp = axis.get("side") === "left" || axis.get("orientation") === "vertical",
    place = isUp ? placeOn(scale, bottom, top) : placeOn(scale, left, right),
    hasGrid = axis.get("grid_lines") !== "none";
  const move = isUp ? [left, 0] : [0, bottom],
    group = svgPart(parent, "g", { class: "axis", transform: `translate(${move})` });
  svgPart(group, "path", { class: "domain", d: isUp ? `M0 ${top}V${bottom}` : `M${left} 0H${right}` });
  for (const value of ticksOf(axis, scale)) {
    const at = place(value),
      tick = svgPart(group, "g", { class: "tick", transform: `translate(${isUp ? [0, at] : [at, 0]})` });
    tick.__data__ = value; // as d3 leaves it there
    if (hasGrid) {
      const end = isUp ? { x2: right - left } : { y2: top - bottom };
      svgPart(svgPart(tick, "g", { class: "grid_lines" }), "line", end);
    }
    const text = svgPart(tick, "text", isUp ? { x: -9, dy: "0.32em" } : { y: LABEL_GAP });
    text.setAttribute("text-anchor", isUp ? "end" : "middle");
    text.textContent = tickText(axis, value);
  }
  if (!axis.get("label")) return;
  const off = EM * parseFloat(axis.get("label_offset") ?? "3em"),
    way = isUp ? `translate(${-off},${(top + bottom) / 2}) rotate(-90)` : `translate(${(left + right) / 2},${off})`;
  const label = svgPart(group, "text", { class: "axislabel", transform: way, "text-anchor": "middle" });
  label.setAttribute("dy", isUp ? "0" : "0.3em");
  label.textContent = axis.get("label");
}
