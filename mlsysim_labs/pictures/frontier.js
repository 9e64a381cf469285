// Throughput of a chip over the rate that each user gets: curves that a batch traces, and the point where the knobs
// stand. All follows from the traits; elements are made once, then moved.

const CURVES = [0, 1, 2, 3];
const TRAITS = [
  "labels",
  ...CURVES.flatMap((i) => ["x" + i, "y" + i]),
  "here_x",
  "here_y",
  "slo",
  "chip",
  "x",
  "y",
  "scale",
  "x_limits",
  "y_limits",
];
const HERE = 8; // [px] half of the marker
const SAMPLE = 20,
  GAP = 5; // [px] the piece of its line before the name of a curve
const TRACK = 9; // [px] between places along a curve that labels keep clear of
const STEPS = [1, 2, 2.5, 5, 10]; // what a linear axis counts in, times a power of ten
const MARKS = 6; // of a linear axis, about
const ALONG = [0.5, 0.35, 0.65, 0.2, 0.8, 0.05, 0.95]; // of what is seen of a curve: where its label may be
const SLOW = ["too slow for each user", "too slow"];

const name = (part) => "lab-frontier-" + part;
const MOVES = name("moves");

// `of` gives the place of a number, in the decades that the axes count, and `text` what the k-th of them reads. A
// linear axis borrows them: its k-th mark stands where 10^k would.
const short = (x) =>
  Math.abs(x) >= 1e5 || (x !== 0 && Math.abs(x) < 1e-4)
    ? x.toExponential().replace("e+", "e")
    : x.toLocaleString("en", { maximumFractionDigits: 4 });
function axisOf([low, high], scale) {
  if (scale === "log")
    return { limits: [low, high], of: Math.log10, text: (k) => short(+`1e${k}`), least: Number.MIN_VALUE };
  const rough = (high - low) / MARKS,
    size = 10 ** Math.floor(Math.log10(rough));
  const step = size * STEPS.find((s) => s * size >= rough),
    first = Math.ceil(low / step - 1e-9) * step;
  const of = (v) => (v - first) / step,
    text = (k) => short(+(first + k * step).toPrecision(4));
  return { limits: [low, high].map((v) => 10 ** of(v)), of, text, least: -Infinity };
}

const pointsOf = (v, i, [ax, ay]) => {
  const [xs, ys] = [numbers(v["x" + i]), numbers(v["y" + i])];
  return xs
    .map((x, k) => [x, ys[k]])
    .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y) && x >= ax.least && y >= ay.least);
};
const hasLimit = (v) => Number.isFinite(v.slo) && v.slo > 0;

function say(v) {
  const { here_x: each, here_y: all } = v,
    axes = [v.x_limits, v.y_limits].map((limits) => axisOf(limits, v.scale));
  const drawn = CURVES.slice(0, textsOf(v.labels).length).some((i) => pointsOf(v, i, axes).length > 1);
  if (!drawn || ![each, all].every((n) => Number.isFinite(n) && n > 0)) return "";
  const equal = all / each,
    users = equal >= 1.5 ? `: as much as ${brief(Math.round(equal))} such users get.` : ".";
  const limit = hasLimit(v)
    ? `\nThat is ${each >= v.slo ? "enough" : "too slow"}: each user needs ${brief(v.slo)} token/s.`
    : "";
  return `Here each user gets ${brief(each)} token/s and the chip makes ${brief(all)}${users}${limit}`;
}

// The part of a segment within the plot (Liang and Barsky), or nothing.
function clipped([x0, y0], [x1, y1], { left, right, top, bottom }) {
  let from = 0,
    to = 1;
  for (const [d, room] of [
    [x0 - x1, x0 - left],
    [x1 - x0, right - x0],
    [y0 - y1, y0 - top],
    [y1 - y0, bottom - y0],
  ]) {
    if (d === 0 && room < 0) return null;
    if (d < 0) from = Math.max(from, room / d);
    if (d > 0) to = Math.min(to, room / d);
  }
  const at = (t) => [x0 + t * (x1 - x0), y0 + t * (y1 - y0)];
  return from <= to ? [at(from), at(to)] : null;
}

// Places along what is seen of a curve, in equal steps.
function trackOf(points, scales) {
  return points.slice(1).flatMap((end, i) => {
    const seen = clipped(points[i], end, scales);
    if (!seen) return [];
    const [[x0, y0], [x1, y1]] = seen,
      n = Math.ceil(Math.hypot(x1 - x0, y1 - y0) / TRACK);
    return Array.from({ length: n + 1 }, (_, k) => [
      x0 + (k / Math.max(n, 1)) * (x1 - x0),
      y0 + (k / Math.max(n, 1)) * (y1 - y0),
    ]);
  });
}

// The region of rates that are too slow: hatched, with its name, beside a line at the limit.
function makeLimit(svg, seen, id) {
  const area = make(seen, "rect", name("area"), { fill: `url(#${id}hatch)` }),
    line = make(svg, "path", name("limit"));
  const region = textIn(svg, "lab-drawing-middle lab-drawing-strong"),
    least = textIn(svg);
  return (v, at, { left, right, top, bottom }) => {
    const ok = hasLimit(v),
      edge = ok ? clamp(at(v.slo), left, right) : left,
      words = ok ? `at least ${brief(v.slo)} token/s` : "";
    showAll([area, line, region, least], ok && edge > left);
    if (!ok || edge <= left) return [];
    const room = edge - left,
      flat = SLOW.find((w) => widthOf(w, 600) + 12 < room),
      wide = widthOf(words);
    const from = clamp(edge - wide / 2, left, right - wide);
    set(area, { x: left, y: top, width: room, height: bottom - top });
    set(line, { d: `M${edge} ${top - 4}V${bottom}` });
    write(least, words);
    move(least, from, top - 9);
    write(region, flat ?? SLOW[0]);
    show(region, flat || room > LINE);
    if (flat) move(region, left + room / 2, bottom - 12);
    else move(region, edge - 5, bottom - 12 - widthOf(SLOW[0], 600) / 2, -90);
    const half = flat ? widthOf(flat, 600) / 2 : 0;
    return flat
      ? [{ left: left + room / 2 - half, right: left + room / 2 + half, top: bottom - 26, bottom: bottom - 6 }]
      : [{ left: edge - 18, right: edge, top: bottom - 18 - widthOf(SLOW[0], 600), bottom: bottom - 6 }];
  };
}

function makeCurves(svg, seen) {
  const leaders = [...CURVES, 0].map(() => make(svg, "path", "lab-drawing-axis"));
  const curves = CURVES.map((i) => [
    make(seen, "path", `${name("curve")} ${name("curve-" + i)}`),
    make(svg, "path", `${MOVES} ${name("sample")} ${name("curve")} ${name("curve-" + i)}`, { d: `M0 0H${SAMPLE}` }),
    textIn(svg, `${MOVES} ${name("label")}`),
  ]);
  const marker = make(svg, "circle", `${MOVES} ${name("here")}`, { r: 7 }),
    here = textIn(svg, `${MOVES} lab-drawing-strong`);
  return (v, axes, at, scales, region) => {
    const { left, right, top, bottom, width } = scales,
      labels = textsOf(v.labels);
    const lines = CURVES.map((i) =>
      i < labels.length ? pointsOf(v, i, axes).map(([x, y]) => [at[0](x), at[1](y)]) : [],
    );
    const tracks = lines.map((points) => trackOf(points, scales)),
      taken = [...region];
    for (const [x, y] of tracks.flat()) taken.push({ left: x - 5, right: x + 5, top: y - 5, bottom: y + 5 });
    // Beside that of some places which leaves the label the most room.
    const put = (node, line, words, places, mark, weight, before = 0) => {
      const found = places.map(([x, y]) => ({
        x,
        y,
        box: roomFor(before + widthOf(words, weight), x, y, mark, scales, { taken, lines: [] }),
      }));
      const cost = ({ box }) => 2 * taken.filter((other) => !apart(box, other)).length + (box.led ? 1 : 0);
      const { x, y, box } = found.reduce((best, next) => (cost(next) < cost(best) ? next : best));
      taken.push(box);
      set(line, { d: leader(x, y, box) });
      write(node, words);
      move(node, box.left + before, box.top + TEXT);
      return box;
    };
    const [rawX, rawY] = [at[0](v.here_x), at[1](v.here_y)],
      ok = [rawX, rawY].every((p) => !Number.isNaN(p));
    showAll([marker, here, leaders[4]], ok);
    if (ok) {
      const [x, y] = [clamp(rawX, left, right), clamp(rawY, top, bottom)];
      const beyond = { "←": rawX < left, "→": rawX > right, "↑": rawY < top, "↓": rawY > bottom };
      const slow = hasLimit(v) && v.here_x < v.slo ? ["too slow"] : [],
        arrows = Object.keys(beyond)
          .filter((arrow) => beyond[arrow])
          .join("");
      taken.push({ left: x - HERE, right: x + HERE, top: y - HERE, bottom: y + HERE });
      move(marker, x, y);
      put(
        here,
        leaders[4],
        [...(width < NARROW ? ["here"] : [`here: ${brief(v.here_y)} token/s`]), ...slow].join(", ") +
          (arrows && ` ${arrows}`),
        [[x, y]],
        HERE,
        600,
      );
    }
    curves.forEach(([path, sample, label], i) => {
      const shown = lines[i].length > 1,
        track = tracks[i];
      for (const node of [path, sample, label, leaders[i]]) show(node, shown && (node === path || track.length > 0));
      if (!shown) return;
      set(path, {
        d:
          "M" +
          lines[i].map(([x, y]) => `${clamp(x, -1e5, 1e5).toFixed(1)} ${clamp(y, -1e5, 1e5).toFixed(1)}`).join("L"),
      });
      if (!track.length) return;
      const places = ALONG.map((share) => track[Math.floor((track.length - 1) * share)]),
        before = SAMPLE + GAP;
      const box = put(label, leaders[i], fit(labels[i], right - left - 8 - before, 400), places, 4, 400, before);
      move(sample, box.left, box.top + LINE / 2 + 1);
    });
  };
}

function build(svg, { x, y, scale, x_limits: xs, y_limits: ys }) {
  const id = "lab-frontier-" + Math.random().toString(36).slice(2),
    axes = [axisOf(xs, scale), axisOf(ys, scale)];
  const defs = make(svg, "defs", ""),
    window = make(make(defs, "clipPath", "", { id }), "rect", "");
  make(
    make(defs, "pattern", "", { id: id + "hatch", width: 8, height: 8, patternUnits: "userSpaceOnUse" }),
    "path",
    name("hatch"),
    { d: "M-2 2L2-2M0 8L8 0M6 10L10 6" },
  );
  const seen = make(svg, "g", "", { "clip-path": `url(#${id})` });
  const placeAxes = makeAxes(svg, seen, ...axes.map((axis) => axis.limits), [`${x} → better`, `${y} ↑ better`], 0);
  [
    ["lab-drawing-middle", 0],
    ["lab-drawing-end", 1],
  ].forEach(([kind, i]) => {
    const marks = [...svg.querySelectorAll("text." + kind)].slice(i); // the first one at an end is the title of x
    decades(axes[i].limits).forEach((k, n) => write(marks[n], axes[i].text(k)));
  });
  const placeLimit = makeLimit(svg, seen, id),
    placeCurves = makeCurves(svg, seen);
  const place = (v, width) => {
    const scales = scalesOf(...axes.map((axis) => axis.limits), width),
      { left, right, top, bottom, height, px, py } = scales;
    const at = [(n) => px(axes[0].of(n)), (n) => py(axes[1].of(n))];
    set(window, { x: left, y: top, width: right - left, height: bottom - top });
    placeAxes(v.chip, scales);
    tellAxes(svg, scale, xs, ys, scales);
    placeCurves(v, axes, at, scales, placeLimit(v, at[0], scales));
    return height;
  };
  return { say, place };
}

export default { render: (view) => draw(view, "frontier", TRAITS, build) };
