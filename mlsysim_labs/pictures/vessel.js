// The memory of a chip as a vessel whose area is the memory: weights, users as tiles, the reserve under the lid, and
// who waits outside. All follows from the traits; elements are made once, then moved.

const TRAITS = [...AMOUNTS, "beside_cache", "guess", "posed", "unit", "chip", "model", "caption", "beside"];
const MOST_NAMED = 10; // tiles with the name of a user in them
const LOWEST = 0.1; // [px] a share that is dragged down to the weights: nobody says infinitely many
const MIDDLE = 5; // [px] from the middle of a text to its baseline

// Where a vessel stands: `across` and `high` [px] are the capacity, whatever is in it.
function stage(width) {
  const slim = width < SLIM,
    height = heightFor(width),
    pitch = slim ? width : Math.min(width / 2, 340),
    across = Math.max(60, Math.round(slim ? 0.42 * width : 0.6 * pitch));
  const top = 74,
    floor = height - 22,
    aside = across + 10;
  const room = Math.max(20, pitch - aside - 8);
  return { slim, width, height, pitch, across, top, floor, high: floor - top, aside, room };
}

// Heights of what lies in a vessel, from the floor: weights up to `base`, users up to `lid`, where the reserve begins.
function levels(v, { across, top, floor, high }) {
  const perByte = high / v.capacity,
    base = floor - Math.min(v.weights, v.capacity) * perByte,
    lid = top + Math.min(v.reserve, v.capacity) * perByte;
  return { perByte, base, lid, free: Math.max(0, base - lid), areaOf: (bytes) => bytes * perByte * across };
}

// The elements of one vessel.
function makeVessel(svg) {
  const one = make(svg, "g", "lab-vessel"),
    part = (tag, name) => make(one, tag, `lab-vessel-${name}`),
    soft = (more = "") => textIn(one, `lab-drawing-soft${more}`);
  return {
    one,
    weights: part("rect", "weights"),
    users: part("path", "users"),
    shared: part("path", "shared"),
    hatch: make(one, "path", "lab-drawing-hatch"),
    over: part("path", "over"),
    wall: part("rect", "wall"),
    queue: Array.from({ length: MOST_WAITING }, () => part("path", "waits")),
    big: textIn(one),
    under: soft(),
    note: soft(),
    legend: [soft(), soft()],
    free: soft(" lab-drawing-middle"),
    name: textIn(one, "lab-drawing-inside"),
    waits: textIn(one, "lab-drawing-short"),
    named: Array.from({ length: MOST_NAMED }, () => [textIn(one), textIn(one)]),
  };
}

// What every vessel of this chip has: weights, reserve, walls.
function placeShell({ weights, wall, hatch, over, name }, v, at) {
  const { base, lid } = levels(v, at),
    { across, top, floor, high } = at,
    isOver = base < lid - 0.5 || v.weights > v.capacity;
  set(weights, { x: 0, y: base, width: across, height: floor - base });
  set(wall, { x: 0, y: top, width: across, height: high, rx: 3 });
  set(hatch, { d: hatchPath({ x: 0, y: top, w: across, h: lid - top }) });
  set(over, { d: isOver ? `M0 ${px(base)}H${across}M0 ${px(lid)}H${across}` : "" });
  write(name, weightsInside(v, at) ? weightsName(v) : "");
  move(name, 8, (floor + Math.max(base, lid)) / 2 + MIDDLE);
}
const weightsName = (v) => `weights ${sizeIn(v.unit)(v.weights)}`;
const weightsInside = (v, at) => at.floor - levels(v, at).base > 18 && widthOf(weightsName(v), 600) < at.across - 14;

// The users, and the names of those whose tiles are large enough; gives what else stands by them.
function placeTiles({ users, shared, named }, v, at, all) {
  const { base, areaOf } = levels(v, at),
    area = areaOf(all.share),
    group = groupOf(area),
    found = tilesOf(all.inside, area, at.across, base);
  const gap = clamp(found.length ? Math.min(found[0].w, found[0].h) / 8 : 1, 0.6, 1.5);
  set(users, { d: all.guess ? "" : found.map(boxPath).join(""), "stroke-width": gap });
  set(shared, { d: all.guess ? found.map((tile) => boxPath(within(tile, gap))).join("") : "", "stroke-width": gap });
  const keeps = sizeIn(v.unit)(all.share),
    needs = group === 1 && found.length <= MOST_NAMED ? widthOf(`user 10${keeps}`, 600) + 28 : Infinity;
  named.forEach((pair, i) => {
    const isNamed = found[i]?.h >= 19 && found[i].w >= needs;
    placeNames(pair, isNamed ? found[i] : null, [all.who === "user" ? `user ${i + 1}` : all.who, keeps], all.guess);
  });
  return { group, area, top: found.length ? found.at(-1).y : base };
}

function placeNames(pair, tile, words, isGuess) {
  pair.forEach((node, i) => {
    write(node, tile ? words[i] : "");
    if (!tile) return;
    set(node, { class: `lab-drawing-${isGuess ? "you" : "inside"}${i ? " lab-drawing-end" : ""}` });
    move(node, i ? tile.x + tile.w - 8 : tile.x + 8, tile.y + tile.h / 2 + MIDDLE);
  });
}

// To the right: what a tile is if not one user, and who waits.
function placeOutside({ legend, queue, waits }, at, { out, says }, { group, area }, isPosed) {
  const words = isPosed ? "" : tileSays(group),
    lines = !words || widthOf(words) <= at.room ? [words, ""] : ["a tile is", words.slice(10)],
    { paths, top } = waitingOf(out, area, {
      left: at.aside,
      across: Math.min(at.room, 110),
      high: at.high - (words ? 74 : 42),
      floor: at.floor,
    });
  legend.forEach((node, i) => {
    write(node, lines[i]);
    move(node, at.aside, at.top + 31 + i * LINE);
  });
  queue.forEach((node, i) => set(node, { d: paths[i] ?? "" }));
  write(waits, says ? fit(says, at.room, 600) : "");
  move(waits, at.aside, top - 7);
}

function placeTitles({ big, under, note }, at, all, words) {
  const left = words ? widthOf(all.big, 600, BIG) + 8 : 0;
  set(big, { class: `lab-drawing-big${all.guess ? " lab-drawing-you" : ""}` });
  write(big, all.big);
  move(big, 0, 42);
  write(under, all.caption ? fit(all.caption, at.pitch - 8) : "");
  move(under, 0, 66);
  write(note, words && left + widthOf(words) < at.pitch - 8 ? words : "");
  move(note, left, 42);
}

// One vessel at `x`: `all` says how many are in it and outside, or how many share the room as a guess has it.
function placeVessel(parts, x, v, at, all, note = "") {
  show(parts.one, all !== null);
  if (!all) return;
  move(parts.one, x, 0);
  placeShell(parts, v, at);
  const made = placeTiles(parts, v, at, all),
    { lid } = levels(v, at),
    isRoomy = !all.guess && !all.out && made.top - lid > 24;
  write(parts.free, isRoomy ? fit(`${sizeIn(v.unit)(all.spare)} free`, at.across - 8) : "");
  move(parts.free, at.across / 2, (lid + made.top) / 2 + MIDDLE);
  placeOutside(parts, at, all, made, isPosed(v));
  placeTitles(parts, at, all, note);
}

// How a vessel shows what is in it.
function caseOf(v, cache) {
  const now = fillingOf(v, cache);
  const free = inUnit(Math.max(0, now.room), v.unit),
    says = now.out ? wait(now.out) : "";
  if (!now.n) return { ...now, big: free, caption: `of ${sizeIn(v.unit)(v.capacity)} are free` };
  if (!v.users) return { ...now, who: "KV cache", big: "", caption: "" };
  const caption = `of ${some(now.n, "user")} fit${now.n === 1 ? "s" : ""}`;
  return { ...now, who: "user", big: tally(now.inside), caption, says };
}
// And how it shows a guess: the guessed users share the room equally.
function guessCase(v, words) {
  const n = guessOf(v),
    share = n ? Math.max(0, fillingOf(v).room) / n : 0,
    [big, caption] = isNaN(n) ? ["", ""] : [tally(n), words];
  return { guess: true, who: "user", inside: n || 0, share, big, caption };
}

// What the hand can take before the guess is locked: the height of one user's share, as a slab across the vessel.
function makeHandle(outer, svg, model, now) {
  const part = (tag, name, more) => make(svg, tag, `lab-vessel-${name}`, more);
  const room = part("rect", "room"),
    ask = textIn(svg, "lab-drawing-big lab-drawing-you lab-drawing-middle"),
    here = textIn(svg, "lab-drawing-you lab-drawing-middle"),
    level = part("path", "level"),
    grip = make(svg, "g", "lab-vessel-handle");
  const touch = make(grip, "circle", "lab-vessel-touch");
  make(grip, "circle", "lab-vessel-grip", { r: 13 });
  make(grip, "path", "lab-vessel-arrows", { d: "M-4.5 -2.5l4.5 -4.5l4.5 4.5M-4.5 2.5l4.5 4.5l4.5 -4.5" });
  const wanted = (x, y) => {
    const { base, free } = now();
    return ["users", free / clamp(base - y, Math.min(LOWEST, free), free)];
  };
  for (const node of [room, grip]) grab(model, outer, node, wanted);

  return (v, at) => {
    const { base, lid, free } = levels(v, at),
      n = guessOf(v),
      posed = isPosed(v) && free > 1,
      empty = posed && isNaN(n),
      y = base - free / Math.max(1, n || 1);
    show(room, posed);
    set(room, { x: 1, y: lid, width: at.across - 2, height: free, opacity: empty ? 1 : 0 });
    [ask, here].forEach((node) => show(node, empty));
    write(ask, free > 46 ? "?" : "");
    write(here, free > 80 ? "Drag here" : "");
    move(ask, at.across / 2, (lid + base) / 2 + (free > 80 ? 4 : 15));
    move(here, at.across / 2, (lid + base) / 2 + 28);
    [level, grip].forEach((node) => show(node, posed && n > 0));
    set(level, { d: `M0 ${px(y)}H${at.across}` });
    set(touch, { r: at.slim ? 22 : 15 });
    move(grip, at.across, y);
  };
}

// Where the page is narrow the other vessel is its number and its caption; a guess has a dashed line around.
function makeNumber(svg) {
  const frame = make(svg, "rect", "lab-vessel-said"),
    big = textIn(svg),
    lines = [textIn(svg, "lab-drawing-soft"), textIn(svg, "lab-drawing-soft")];
  return (at, all) => {
    for (const node of [frame, big, ...lines]) show(node, all !== null);
    if (!all) return;
    const x = at.aside + (all.guess ? 12 : 0),
      right = x + widthOf(all.big, 600, BIG) + 8,
      isUnder = !all.guess && widthOf(all.caption) <= at.width - x,
      words = isUnder ? [all.caption, ""] : twoLines(all.caption, Math.max(40, at.width - right));
    set(big, { class: `lab-drawing-big${all.guess ? " lab-drawing-you" : ""}` });
    write(big, all.big);
    move(big, x, 42);
    lines.forEach((node, i) => {
      write(node, words[i]);
      move(node, isUnder ? x : right, isUnder ? 66 : (words[1] ? 26 : 42) + i * LINE);
    });
    const wide = all.guess ? right + widthOf(words[0]) + 12 - at.aside : 0;
    set(frame, { x: at.aside, y: 1, width: wide, height: 54, rx: 6 });
  };
}

const twoLines = (text, width) => {
  const words = text.split(" "),
    first = [words.shift()];
  while (words.length && widthOf([...first, words[0]].join(" ")) <= width) first.push(words.shift());
  return [fit(first.join(" "), width), words.length ? fit(words.join(" "), width) : ""];
};

// The other vessel: the guess once it is locked, else the other case.
const other = (v) =>
  isPosed(v)
    ? null
    : isAmount(v.guess)
      ? guessCase(v, "you said")
      : isAmount(v.beside_cache) && v.users > 0
        ? { ...caseOf(v, v.beside_cache), caption: v.beside }
        : null;

// The line below: the size of weights too thin for it, what a tile is while a guess shares the room, what to try.
function placeBelow([first, second], v, at) {
  const posed = isPosed(v),
    area = levels(v, at).areaOf(Math.max(0, fillingOf(v).room) / guessOf(v)),
    left = [weightsInside(v, at) || v.weights <= SLACK ? "" : weightsName(v), posed ? tileSays(groupOf(area)) : ""];
  write(first, left.filter(Boolean).join("; "));
  const x = first.textContent ? widthOf(first.textContent) + 16 : 0,
    tries = remedies(v).map((text) => `Try ${text}.`);
  write(second, tries.find((text) => x + 2 + widthOf(text) < at.width) ?? "");
  move(first, 0, at.height - 6);
  move(second, x + 2, at.height - 6);
}

// Beside the first vessel: what the hatch is, and while a guess is posed what it means.
function placeLines(kept, lines, v, at) {
  const posed = isPosed(v),
    x = posed ? at.across + 26 : at.aside,
    texts = posed ? posedLines(v, at.slim) : [];
  write(kept, fit(posed ? keptBack(v) : v.reserve > SLACK ? "kept back" : "", posed ? at.width - x : at.room));
  move(kept, x, Math.max(at.top + 12, (at.top + levels(v, at).lid) / 2 + MIDDLE));
  lines.forEach((node, i) => {
    const isYours = guessOf(v) > 0 && i === texts.length - 1;
    set(node, { class: `lab-vessel-line${isYours ? " lab-drawing-you" : ""}` });
    write(node, texts[i] ?? "");
    move(node, x, at.top + (at.slim ? 46 : 68) + i * (at.slim ? 22 : 26));
  });
}

function build(outer, _, model) {
  const svg = make(outer, "g", "lab-vessels"),
    [first, second] = [makeVessel(svg), makeVessel(svg)],
    number = makeNumber(svg),
    kept = textIn(svg, "lab-drawing-soft"),
    lines = Array.from({ length: 4 }, () => textIn(svg)),
    below = [textIn(svg, "lab-drawing-soft"), textIn(svg, "lab-drawing-soft")];
  let held;
  const handle = makeHandle(outer, svg, model, () => held);
  const place = (v, width) => {
    const at = stage(width);
    show(svg, isGiven(v));
    if (!isGiven(v)) return at.height;
    const all = isPosed(v) ? guessCase(v, "users, you think") : caseOf(v, v.cache),
      beside = other(v);
    const note = v.caption || (isPosed(v) ? "" : [v.model, shortName(v.chip)].filter(Boolean).join(" on "));
    held = levels(v, at);
    placeVessel(first, 0, v, at, all, at.slim && beside ? "" : note);
    placeVessel(second, at.pitch, v, at, at.slim ? null : beside);
    number(at, at.slim ? beside : null);
    handle(v, at);
    placeLines(kept, lines, v, at);
    placeBelow(below, v, at);
    return at.height;
  };
  return { say, place };
}

export default { render: (view) => draw(view, "vessel", TRAITS, build) };
