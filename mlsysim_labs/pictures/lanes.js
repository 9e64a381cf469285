// Intervals on lanes of one axis of time, a line at which all is done, and what was guessed of it. All follows from the
// traits; elements are made once, then moved.

const TRAITS = [
  "lanes",
  "kinds",
  "lengths",
  "ghost",
  "finish",
  "guess",
  "guess_share",
  "asked",
  "posed",
  "fits",
  "tokens",
  "ticks",
  "reach", // of the axis, at least: something else is marked on it
  "done",
  "parts",
  "plays",
  "says",
  "said",
  "said_names",
  "said_units",
];
const LANES = 3,
  INTERVALS = 4; // places that `lengths` has
const LEAST = 1.5, // [px] that can be seen
  SPARSE = 4; // [px] nearer ticks would touch
const known = (kind) => (["weights", "cache", "multiply", "waiting"].includes(kind) ? kind : "plain");
const PATTERNS = {
  cache: [7, "M1.7 3.5a1.8 1.8 0 1 0 3.6 0a1.8 1.8 0 1 0-3.6 0Z"],
  multiply: [5, "M4 0h1v5h-1Z"],
  waiting: [7, "M-1 1L1-1L8 6L6 8ZM-1 8L-1 6L1 8ZM6-1L8-1L8 1Z"],
}; // size, and what is seen on the colour

const isInside = (words, wide) => widthOf(words, 600) + 16 < wide;
const isPosed = (v) => v.posed >= 1;
const isTooLarge = (v) => v.fits < 0.5;
const isDivided = (v) => isPosed(v) && v.asked === "guess_share";
const isReady = (lanes, v) => isLong(v.finish) && lanes.length > 0 && lanes.every(({ total }) => isTime(total));

function lanesOf(v) {
  const lengths = numbers(v.lengths),
    ghosts = numbers(v.ghost),
    kinds = (v.kinds ?? "").split("\n");
  return (v.lanes ? v.lanes.split("\n") : []).slice(0, LANES).map((name, i) => {
    const parts = (kinds[i] ?? "").split(" ").map((kind, k) => ({ kind, length: lengths[i * INTERVALS + k] }));
    const total = parts.reduce((sum, { length }) => (length >= 0 ? sum + length : NaN), 0);
    return { name, parts, total, ghost: ghosts[i] };
  });
}

function say(v) {
  const lanes = lanesOf(v);
  if (!isDivided(v) && !isReady(lanes, v)) return "";
  if (v.says) return saidText(v);
  if (isDivided(v)) return `When does ${v.parts[0]} end?`;
  if (lanes.length < 2) return `${capital(lanes[0].name)}: ${timeText(v.finish)}.`;
  const longest = lanes.reduce((a, b) => (b.total > a.total ? b : a));
  return `Everybody waits for the longer lane, ${longest.name}: ${timeText(v.finish)}.`;
}

// Where things are from above: a lane's bar, and what is above and below all of them.
function rowsFor(v, count, height) {
  const slim = height < 300,
    axis = height - (slim ? 28 : 30);
  if (v.plays) {
    const small = { chat: 62, tops: [136], tall: 30, clock: 92 },
      own = slim ? small : { chat: 104, tops: [184], tall: 40, clock: 150 };
    return { slim, axis: axis - 4, ...own };
  }
  const above = slim ? 22 : 30,
    below = axis - (slim ? 34 : 44),
    each = (below - above) / count,
    head = slim ? 24 : 28,
    tall = Math.min(56, each - head - (slim ? 8 : 12));
  const free = Math.max(0, each - head - tall) / 2;
  const tops = Array.from({ length: count }, (_, i) => above + i * each + head + (count < 2 ? free : 0));
  return { slim, axis, above, below, tall, tops };
}

function makePatterns(svg, id) {
  const defs = make(svg, "defs", "");
  for (const kind in PATTERNS) {
    const [size, d] = PATTERNS[kind],
      pattern = make(defs, "pattern", "", { id: id + kind, width: size, height: size, patternUnits: "userSpaceOnUse" });
    make(pattern, "rect", `lab-paint-${kind}`, { width: size, height: size });
    make(pattern, "path", `lab-lanes-on-${kind}`, { d });
  }
  return (kind) =>
    kind in PATTERNS ? { fill: `url(#${id}${kind})`, class: "" } : { fill: "", class: `lab-paint-${kind}` };
}

function makeLane(svg, over, paint) {
  const all = make(svg, "g", "lab-lanes-lane"),
    bars = Array.from({ length: INTERVALS }, () => make(all, "rect", "")),
    wait = make(all, "rect", "", paint("waiting")),
    ghost = make(all, "rect", "lab-lanes-ghost"),
    names = bars.map(() => textIn(all)),
    waiting = textIn(all, "lab-drawing-soft lab-drawing-halo lab-drawing-end"),
    head = textIn(over, "lab-drawing-strong lab-drawing-halo");
  write(waiting, "waiting");
  const placeBars = (lane, y, tall, { px, texts, base }) => {
    let from = 0;
    bars.forEach((bar, i) => {
      const part = lane.parts[i],
        seen = part !== undefined && part.length > 0;
      showAll([bar, names[i]], seen);
      if (!seen) return;
      const wide = Math.max(LEAST, px(part.length));
      set(bar, { x: px(from), y, width: wide, height: tall, ...paint(known(part.kind)) });
      write(names[i], isInside(texts[i], wide) ? texts[i] : "");
      set(names[i], { class: `lab-drawing-strong lab-lanes-in lab-lanes-in-${part.kind}` });
      move(names[i], px(from) + 8, y + tall / 2 + base);
      from += part.length;
    });
  };
  return (lane, y, tall, how) => {
    showAll([all, head], lane !== undefined);
    if (!lane) return;
    placeBars(lane, y, tall, how);
    const { px, done, alone, label } = how,
      from = px(lane.total),
      rest = alone ? 0 : px(done) - Math.max(from, lane.total > 0 ? LEAST : 0);
    set(show(wait, rest > 1), { x: px(done) - Math.max(0, rest), y, width: Math.max(0, rest), height: tall });
    move(show(waiting, rest > 84), px(done) - 10, y + tall / 2 + 5);
    const yes = isLong(lane.ghost);
    set(show(ghost, yes), { x: 1, y: y - 3, width: yes ? Math.max(2, px(lane.ghost) - 1) : 0, height: tall + 6 });
    write(head, label);
    move(head, 0, y - 9);
  };
}

// The line at which all is done, ticks of tokens, and what the dashed outlines are.
function makeMarks(svg) {
  const ticks = make(svg, "path", "lab-lanes-ticks"),
    line = make(svg, "path", "lab-lanes-finish"),
    text = textIn(svg, "lab-drawing-strong lab-drawing-halo"),
    note = textIn(svg, "lab-drawing-soft");
  return (v, found, { tops, tall, above, below }, { px, width, plain }) => {
    const x = clamp(px(v.finish), 1.5, width - 1.5),
      last = tops[found.length - 1];
    showAll([line, text], plain);
    set(ticks, { d: tickPath(v, found.at(-1), px, last, tall) });
    show(note, plain && found.some(({ ghost }) => isLong(ghost)));
    if (!plain) return;
    show(line, !isTooLarge(v));
    set(line, { d: `M${x} ${above}V${below}` });
    set(text, { class: `lab-drawing-halo lab-drawing-${isTooLarge(v) ? "short" : "strong"}` });
    write(text, isTooLarge(v) ? "✗ never done: it does not fit" : `${v.done}: ${timeText(v.finish)}`);
    const wide = widthOf(text.textContent, 600);
    move(text, clamp(x - wide, 0, width - wide), above - 8);
    write(note, "dashed: as sold");
    move(note, isLong(v.guess) && px(v.guess) > width - 200 ? 0 : width - widthOf("dashed: as sold"), below + 18);
  };
}

function tickPath({ ticks }, lane, px, y, tall) {
  if (!(px(ticks) > SPARSE) || !lane) return "";
  let d = "";
  const end = lane.total - ticks / 2;
  for (let t = lane.total - lane.parts.at(-1).length + ticks; t < end; t += ticks)
    d += `M${px(t).toFixed(1)} ${(y + 0.66 * tall).toFixed(1)}v${(0.34 * tall).toFixed(1)}`;
  return d;
}

// What an interval is called inside: its part of a request and its time, its kind, or where it is plain its time.
const textsFor = (v, { parts }) =>
  parts.map(({ kind, length }, i) =>
    v.plays
      ? `${v.parts[i] ?? kind} · ${timeText(length)}`
      : kind === "plain"
        ? timeText(length)
        : kind === "multiply"
          ? ""
          : kind,
  );

function makeLanes(svg, over, paint, moved) {
  const lanes = Array.from({ length: LANES }, () => makeLane(svg, over, paint)),
    lenses = lanes.map(() => makeLens(svg, moved));
  return (v, found, { tops, tall }, { px, width }) =>
    lanes.forEach((placeLane, i) => {
      const lane = found[i],
        name = lane && (isPosed(v) ? lane.name : `${lane.name} · ${timeText(lane.total)}`);
      const texts = lane && textsFor(v, lane),
        base = v.plays ? 0 : 5; // above the ticks
      const how = { px, texts, base, done: v.finish, alone: found.length < 2, label: v.plays ? "" : name };
      placeLane(lane, tops[i], tall, how);
      const kind = lane && known(lane.parts.at(-1).kind);
      lenses[i](lane?.total ?? 0, tops[i], tall, { px, width, paint, kind, still: !v.plays && !isPosed(v) });
    });
}

// How far the axis has to reach.
const reachOf = (v, found, last) => {
  const wide = found.flatMap((lane) => [lane.total, lane.ghost]);
  return Math.max(...[...wide, v.finish, last, v.reach, isPosed(v) ? 0 : v.guess].filter(isLong));
};

function build(svg, start, model, playerFor) {
  const id = newId("lanes"),
    now = { length: 0, moved: () => now.v && place(now.v, now.width) },
    placeChat = makeChat(svg, `${id}square-`),
    all = make(svg, "g", ""),
    over = make(svg, "g", "lab-lanes-over"); // names of lanes, on whatever crosses them
  const axis = makeTimeAxis(all, now.moved),
    request = makeRequest(all),
    placeLanes = makeLanes(all, over, makePatterns(svg, id), now.moved),
    placeMarks = makeMarks(all),
    cursor = makeCursor(all),
    placeGhost = makeDividerGhost(all),
    placeFlag = makeFlag(svg, model),
    placeDivider = makeDivider(svg, model);
  svg.append(over);
  const player = start.plays ? playerFor(now) : null;
  if (player) grab({ set: (_, t) => player.scrub(t) }, svg, cursor.hand, (x) => now.toTime(x));

  function placeTimes(v, found, rows, width) {
    const end = axis.endFor(reachOf(v, found, player?.last)),
      [y, tall] = [rows.tops[0], rows.tall],
      px = (t) => (t / end) * width,
      foot = rows.below + 18;
    now.toTime = (x) => (x / width) * end;
    axis.place(rows.axis, width);
    svg.dataset.time = [end, rows.axis, rows.above];
    placeLanes(v, found, rows, { px, width });
    placeMarks(v, found, rows, { px, width, plain: !v.plays && !isPosed(v) });
    const x = Number.isFinite(v.guess) ? px(Math.max(0, v.guess)) : px(v.finish) + 16;
    placeFlag(v, { x, top: rows.above, bottom: rows.below, foot, width }, !isPosed(v), now.toTime);
    placeGhost(v, v.asked === "guess_share" && Number.isFinite(v.guess_share), { y, tall, to: px(v.finish), width });
    request(v, found[0], rows, { px, width, player });
    cursor.place(rows, { px, player });
  }

  function place(v, width) {
    const found = lanesOf(v),
      height = heightFor(width),
      rows = rowsFor(v, found.length || 1, height),
      ready = isReady(found, v) && !isDivided(v);
    Object.assign(now, { v, width });
    if (player) follow(player, now, v, found, rows, height);
    placeChat(v, found, rows, player, width);
    showAll([all, over], ready);
    svg.classList.toggle("lab-lanes-too-large", isTooLarge(v));
    placeDivider(v, isDivided(v), { y: rows.slim ? 104 : 168, tall: rows.slim ? 46 : 54, width });
    if (ready) placeTimes(v, found, rows, width);
    else placeFlag({ asked: "" }, { x: 0, width }, true);
    return height;
  }
  model.on("change:settled", axis.settle); // what moved by itself has come to rest
  const stop = () => {
    model.off("change:settled", axis.settle);
    axis.stop();
    player?.stop();
  };
  return { say, place, stop };
}

// The player stands where the clock's row is; what it plays starts anew when it is another one.
function follow(player, now, v, found, rows, height) {
  const key = JSON.stringify([v.finish, found, numbers(v.tokens), v.posed]);
  now.length = v.finish;
  player.offer();
  player.row.hidden = isPosed(v) || !isReady(found, v);
  player.row.style.bottom = `${height - rows.clock - (rows.slim ? 18 : 9)}px`;
  if (now.key !== undefined && now.key !== key) player.reset();
  now.key = key;
}

function render(view) {
  let stop;
  const end = draw(view, "lanes", TRAITS, (svg, v, model) => {
    const made = build(svg, v, model, (now) => makePlayer(view, now));
    stop = made.stop;
    return made;
  });
  view.el.classList.add("lab-lanes-view");
  return () => {
    stop();
    end();
  };
}

export default { render };
