// The roofline of a chip, on two logarithmic axes: a roof, points under it, and the roof of the chip as it was sold. A
// roof has one shape, which numbers only move. All follows from the traits; elements are made once, then moved.

const TRAITS = [
  "peak",
  "bandwidth",
  "engine_peak",
  "engine_bandwidth",
  "ghost_peak",
  "ghost_bandwidth",
  "intensity",
  "rate",
  "labels",
  "engine",
  "chip",
  "x_limits",
  "y_limits",
  "colours",
  "says",
  "said",
  "said_names",
  "said_units",
];
const HUES = ["weights", "multiply", "cache", "soft"]; // of points that nobody gave a colour
const FAR = 200; // [decades] that a roof reaches beyond what is seen
const BALANCED = 0.01; // as near to the ridge counts as on it
const MARK = 8; // [px] half of a marker
const APART = 12; // [px] between a roof and the text along it: a marker on the roof has room
const SHAPES = [
  "M-6.5 0a6.5 6.5 0 1 0 13 0a6.5 6.5 0 1 0-13 0Z",
  "M-6-6H6V6H-6Z",
  "M0-8L8 0L0 8L-8 0Z",
  "M0-7.5L8 6.5H-8Z",
];
const PREFIXES = [
  [1e18, "E"],
  [1e15, "P"],
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
  [1, ""],
];

const name = (part) => "lab-roofline-" + part;
const MOVES = name("moves");
const areAmounts = (...xs) => xs.every((x) => Number.isFinite(x) && x > 0);
const log = (x) => clamp(Math.log10(x), -FAR / 4, FAR / 4); // what is farther away is out of sight just as well
const prefixFor = (x) => PREFIXES.find(([size]) => x >= size) ?? PREFIXES.at(-1);
const inUnit = (x, [size, prefix], unit) => `${brief(x / size)} ${prefix}${unit}`;
const pointsOf = (v) => {
  const [xs, ys] = [numbers(v.intensity), numbers(v.rate)];
  return textsOf(v.labels).map((label, i) => ({ label, x: xs[i], y: ys[i], ok: areAmounts(xs[i], ys[i]) }));
};

const MOST_SAID = 2; // points: a line each
const boundOf = (x, ridge) => {
  const side = Math.abs(x / ridge - 1) <= BALANCED ? 0 : x < ridge ? -1 : 1;
  return { 0: ["balanced", "on"], "-1": ["memory-bound", "left of"], 1: ["compute-bound", "right of"] }[side];
};

function say(v) {
  if (!areAmounts(v.peak, v.bandwidth)) return "";
  const ridge = v.peak / v.bandwidth,
    points = pointsOf(v);
  if (points.length && !points.some(({ ok }) => ok)) return "";
  if (v.says) return saidText(v);
  if (!points.length) return `The ridge is at ${brief(ridge)} FLOP/B.`;
  if (points.length === 1) {
    const [{ label, x }] = points,
      [bound, where] = boundOf(x, ridge);
    return `${capital(label)} is ${bound}: ${brief(x)} FLOP/B, ${where} the ridge at ${brief(ridge)}.`;
  }
  return points
    .slice(0, MOST_SAID)
    .map(({ label, x, ok }) => `${capital(label)} ${ok ? `is ${boundOf(x, ridge)[0]}` : "has no value"}.`)
    .join("\n");
}

// Writes along the slope to a corner, in the middle of what is seen of it; gives the boxes that this takes.
function alongSlope(node, words, x, y, { left, right, top, bottom, wide, tall }) {
  const from = Math.max(left, x - ((bottom - y) / tall) * wide),
    to = Math.min(right, x - (Math.max(0, top - y) / tall) * wide);
  const tilt = Math.atan2(tall, wide),
    [cos, sin] = [Math.cos(tilt), Math.sin(tilt)],
    half = widthOf(words) / 2,
    middle = (from + to) / 2;
  const fits = (to - from) / cos > 2 * half + 24,
    [cx, cy] = [middle - APART * sin, y + ((x - middle) / wide) * tall - APART * cos];
  write(node, words);
  move(show(node, fits), cx, cy, (-tilt * 180) / Math.PI);
  return (fits ? [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1] : []).map((k) => {
    const [tx, ty] = [cx + k * half * cos, cy - k * half * sin];
    return { left: tx - 8, right: tx + 4, top: ty - TEXT, bottom: ty + 4 };
  });
}

// Two roofs, what lies under the upper one, and the texts along them, which are given back for others to avoid.
function makeRoofs(svg, seen, unit) {
  const text = (kind) => textIn(svg, kind),
    moved = (tag, part, more) => make(seen, tag, `${MOVES} ${name(part)}`, more);
  const area = moved("path", "area");
  const engine = moved("path", "engine"),
    roof = moved("path", "roof"),
    corner = moved("circle", "corner", { r: 4.5 });
  const divide = make(svg, "path", name("divide"));
  const regions = ["memory-bound", "compute-bound"].map((words) => [
    text("lab-drawing-middle lab-drawing-strong"),
    words,
  ]);
  const [ridgeText, slopeText, peakText, engineText] = ["", "lab-drawing-middle", "", ""].map(text);
  const all = [
    area,
    engine,
    roof,
    corner,
    divide,
    ridgeText,
    slopeText,
    peakText,
    engineText,
    ...regions.map(([node]) => node),
  ];
  return (v, scales) => {
    const { left, right, top, bottom, width, wide, tall, px, py } = scales;
    const ok = areAmounts(v.peak, v.bandwidth),
      lower = ok && areAmounts(v.engine_peak, v.engine_bandwidth),
      lines = [],
      taken = [];
    showAll(all, ok);
    if (!ok) return { taken, lines };
    const far = FAR * wide,
      deep = FAR * tall,
      shape = `M${-far} ${deep}L0 0H${far}`;
    const put = (node, yes, words, x, y) => {
      write(node, words);
      move(show(node, yes), x, y);
      if (yes) taken.push({ left: x - 4, right: x + widthOf(words) + 4, top: y - TEXT, bottom: y + 3 });
    };
    const ceiling = (node, words, x, y, base) => {
      const from = right - 4 - widthOf(words);
      put(node, y >= top && base <= bottom && from > Math.max(x, left) + 8, words, from, base);
    };
    const corners = [
      [v.peak, v.bandwidth],
      [v.engine_peak, v.engine_bandwidth],
    ].map(([peak, speed]) => [px(log(peak) - log(speed)), py(log(peak))]);
    const [[x, y], [lowX, lowY]] = corners,
      split = clamp(x, left, right),
      crossed = split === x;
    for (const [cx, cy] of lower ? corners : corners.slice(0, 1))
      lines.push((at) => cy + Math.max(0, (cx - at) / wide) * tall);

    taken.push({ left: x - MARK, right: x + MARK, top: y - MARK, bottom: y + MARK });
    for (const node of [set(area, { d: `${shape}V${deep}Z` }), corner, set(roof, { d: shape })]) move(node, x, y);
    set(show(divide, crossed), { d: `M${x} ${top - 20}V${bottom}` });
    regions.forEach(([node, words], i) => {
      const [from, to] = i ? [split, right] : [left, split];
      const shown = [words, words.replace("-bound", "")].find((w) => widthOf(w, 600) + 6 < to - from);
      write(node, shown ?? "");
      move(node, (from + to) / 2, top - 7);
    });
    const foot = `ridge ${brief(v.peak / v.bandwidth)}${width < NARROW ? "" : " FLOP/B"}`,
      w = widthOf(foot);
    put(ridgeText, crossed, foot, x + 7 + w < width ? x + 7 : x - 7 - w, bottom - 7);
    const above = Math.max(y - APART, top + TEXT);
    ceiling(peakText, inUnit(v.peak, unit, "FLOP/s"), x, y, y - 5 - TEXT < top ? y + APART + 10 : above);
    show(engine, lower);
    show(engineText, false);
    if (lower) {
      move(set(engine, { d: shape }), lowX, lowY);
      ceiling(engineText, fit(v.engine || "engine", right - left), lowX, lowY, lowY + APART + 10);
    }
    taken.push(...alongSlope(slopeText, inUnit(v.bandwidth, prefixFor(v.bandwidth), "B/s"), x, y, scales));
    return { taken, lines };
  };
}

// The roof of the chip as it was sold, where that is another one; gives what it adds for others to avoid.
function makeGhost(svg, seen) {
  const roof = make(seen, "path", `${MOVES} ${name("ghost")}`),
    line = make(svg, "path", "lab-drawing-axis"),
    text = textIn(svg, "lab-drawing-soft lab-drawing-halo");
  write(text, "as sold");
  return (v, scales, others) => {
    const { left, right, top, bottom, wide, tall, px, py } = scales,
      same = (a, b) => Math.abs(a / b - 1) < 1e-9;
    const seen = areAmounts(v.peak, v.bandwidth, v.ghost_peak, v.ghost_bandwidth),
      flat = !same(v.ghost_peak, v.peak),
      yes = seen && (flat || !same(v.ghost_bandwidth, v.bandwidth));
    showAll([roof, line, text], yes);
    if (!yes) return others;
    const [x, y] = [px(log(v.ghost_peak) - log(v.ghost_bandwidth)), py(log(v.ghost_peak))];
    move(set(roof, { d: `M${-FAR * wide} ${FAR * tall}L0 0H${FAR * wide}` }), x, y);
    const lines = [...others.lines, (at) => y + Math.max(0, (x - at) / wide) * tall],
      from = Math.max(left, x - ((bottom - y) / tall) * wide);
    const at = flat ? clamp(right - 30, left, right) : (from + clamp(x, left, right)) / 2,
      height = clamp(y + Math.max(0, (x - at) / wide) * tall, top, bottom);
    const box = roomFor(widthOf("as sold"), at, height, 4, scales, { taken: others.taken, lines });
    set(line, { d: leader(at, height, box) });
    move(text, box.left, box.top + TEXT);
    return { taken: [...others.taken, box], lines };
  };
}

function makePoints(svg, unit, colours) {
  const leaders = SHAPES.map(() => make(svg, "path", "lab-drawing-axis"));
  const points = SHAPES.map((d, i) => [
    make(svg, "path", `${MOVES} ${name("point")} ${name("in-" + HUES[i])}`, { d }),
    textIn(svg, `${MOVES} lab-drawing-strong lab-drawing-halo`),
  ]);
  return (v, scales, others) => {
    const { left, right, top, bottom, width, px, py } = scales,
      found = pointsOf(v),
      taken = [...others.taken];
    for (const p of found) {
      const [x, y] = [px(log(p.x)), py(log(p.y))];
      Object.assign(p, { x: clamp(x, left, right), y: clamp(y, top, bottom), rate: p.y });
      const beyond = { "←": x < left, "→": x > right, "↑": y < top, "↓": y > bottom };
      p.arrows = Object.keys(beyond)
        .filter((arrow) => beyond[arrow])
        .join("");
      if (p.ok) taken.push({ left: p.x - MARK, right: p.x + MARK, top: p.y - MARK, bottom: p.y + MARK });
    }
    points.forEach(([marker, label], i) => {
      const { ok, x, y, rate, arrows, label: said } = found[i] ?? {};
      showAll([leaders[i], marker, label], ok);
      if (!ok) return;
      set(marker, { class: `${MOVES} ${name("point")} ${name("in-" + (colours[said] ?? HUES[i]))}` });
      const words = fit(
        [width < NARROW ? said : `${said}: ${inUnit(rate, unit, "FLOP/s")}`, arrows].join(" ").trim(),
        0.7 * (right - left),
        600,
      );
      const box = roomFor(widthOf(words, 600), x, y, MARK, scales, { ...others, taken });
      taken.push(box);
      set(leaders[i], { d: leader(x, y, box) });
      write(label, words);
      move(marker, x, y);
      move(label, box.left, box.top + TEXT);
    });
  };
}

function build(svg, { x_limits: xs, y_limits: ys, colours }) {
  const id = "lab-roofline-" + Math.random().toString(36).slice(2),
    unit = prefixFor(Math.sqrt(ys[0] * ys[1]));
  const window = make(make(make(svg, "defs", ""), "clipPath", "", { id }), "rect", "");
  const seen = make(svg, "g", "", { "clip-path": `url(#${id})` });
  const titles = ["arithmetic intensity [FLOP/B]", `attained [${unit[1]}FLOP/s]`];
  const placeAxes = makeAxes(svg, seen, xs, ys, titles, Math.log10(unit[0])),
    placeGhost = makeGhost(svg, seen),
    placeRoofs = makeRoofs(svg, seen, unit),
    placePoints = makePoints(svg, unit, colours ?? {});
  const place = (v, width) => {
    const scales = scalesOf(xs, ys, width),
      { left, right, top, bottom, height } = scales;
    set(window, { x: left, y: top, width: right - left, height: bottom - top });
    placeAxes(v.chip, scales);
    tellAxes(svg, "log", xs, ys, scales);
    placePoints(v, scales, placeGhost(v, scales, placeRoofs(v, scales)));
    return height;
  };
  return { say, place };
}

export default { render: (view) => draw(view, "roofline", TRAITS, build) };
