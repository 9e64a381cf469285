// The memory of a chip as a vessel whose area is the memory: weights, users as tiles, the reserve under the lid, and
// who waits outside. All follows from the traits; elements are made once, then moved.

const TRAITS = [...AMOUNTS, "beside_cache", "guess", "posed", "unit", "chip", "model", "caption", "beside"];
const MOST_NAMED = 10; // tiles with the name of a user in them
const LOWEST = 0.1; // [px] a share that is dragged down to the weights: nobody says infinitely many
const MIDDLE = 5; // [px] from the middle of a text to its baseline
const SOFT = "lab-drawing-soft";

const put = (node, text, x, y) => {
  write(node, text);
  move(node, x, y);
};

// Where a vessel stands: `across` and `high` [px] are the capacity, whatever is in it.
function stage(width) {
  const slim = width < SLIM,
    height = heightFor(width),
    pitch = slim ? width : Math.min(width / 2, 340),
    across = Math.round(slim ? 0.42 * width : 0.6 * pitch);
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
  const one = make(svg, "g", "lab-vessel-one"),
    part = (tag, name) => make(one, tag, `lab-vessel-${name}`),
    soft = () => textIn(one, SOFT);
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
    free: textIn(one, `${SOFT} lab-drawing-middle`),
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
  put(name, weightsInside(v, at) ? weightsName(v) : "", 8, (floor + Math.max(base, lid)) / 2 + MIDDLE);
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
    set(node, { class: `lab-drawing-${isGuess ? "you" : "dark"}${i ? " lab-drawing-end" : ""}` });
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
    put(node, lines[i], at.aside, at.top + 31 + i * LINE);
  });
  queue.forEach((node, i) => set(node, { d: paths[i] ?? "" }));
  put(waits, says ? fit(says, at.room, 600) : "", at.aside, top - 7);
}

function placeBig(node, x, { big, guess }) {
  put(set(node, { class: `lab-drawing-big${guess ? " lab-drawing-you" : ""}` }), big, x, 42);
}

function placeTitles({ big, under, note }, at, all, words) {
  const left = words ? widthOf(all.big, 600, BIG) + 8 : 0;
  placeBig(big, 0, all);
  put(under, all.caption ? fit(all.caption, at.pitch - 8) : "", 0, 66);
  put(note, words && left + widthOf(words) < at.pitch - 8 ? words : "", left, 42);
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
  const free = isRoomy ? fit(`${sizeIn(v.unit)(all.spare)} free`, at.across - 8) : "";
  put(parts.free, free, at.across / 2, (lid + made.top) / 2 + MIDDLE);
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
  const caption = `of ${usersFit(now.n)}`;
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
    ask = textIn(svg, "lab-vessel-mute lab-drawing-big lab-drawing-you lab-drawing-middle"),
    here = textIn(svg, "lab-vessel-mute lab-drawing-you lab-drawing-middle"),
    handle = part("g", "handle"),
    level = make(handle, "path", "lab-vessel-level lab-vessel-mute"),
    grip = make(handle, "g", "lab-vessel-held");
  const touch = make(grip, "circle", "lab-vessel-touch");
  make(grip, "circle", "lab-vessel-grip", { r: 13 });
  make(grip, "path", "lab-vessel-arrows", { d: "M-4.5 -2.5l4.5 -4.5l4.5 4.5M-4.5 2.5l4.5 4.5l4.5 -4.5" });
  const wanted = (x, y) => {
    const { base, free } = now();
    return ["users", free / clamp(base - y, LOWEST, free)];
  };
  for (const node of [room, grip]) grab(model, outer, node, wanted);

  return (v, at) => {
    const { base, lid, free } = levels(v, at),
      n = guessOf(v),
      isOpen = isPosed(v) && free > 1,
      isEmpty = isOpen && isNaN(n),
      isHigh = free > 80,
      [x, y] = [at.across / 2, (lid + base) / 2],
      top = base - free / Math.max(1, n || 1);
    show(room, isOpen);
    set(room, { x: 1, y: lid, width: at.across - 2, height: free, opacity: +isEmpty });
    put(ask, isEmpty && free > 46 ? "?" : "", x, y + (isHigh ? 4 : 15));
    put(here, isEmpty && isHigh ? "Drag here" : "", x, y + 28);
    show(handle, isOpen && n > 0);
    set(level, { d: `M0 ${px(top)}H${at.across}` });
    set(touch, { r: at.slim ? 22 : 15 });
    move(grip, at.across, top);
  };
}

// Where the page is narrow the other vessel is its number and its caption; a guess has a dashed line around.
function makeNumber(svg) {
  const one = make(svg, "g", "lab-vessel-number"),
    frame = make(one, "rect", "lab-vessel-said"),
    big = textIn(one),
    lines = [textIn(one, SOFT), textIn(one, SOFT)];
  return (at, all) => {
    show(one, all !== null);
    if (!all) return;
    const x = at.aside + (all.guess ? 12 : 0),
      right = x + widthOf(all.big, 600, BIG) + 8,
      needs = widthOf(all.caption) + (all.guess ? 12 : 0),
      isUnder = x + needs <= at.width && !(all.guess && right + needs <= at.width),
      words = isUnder ? [all.caption, ""] : twoLines(all.caption, Math.max(40, at.width - right));
    placeBig(big, x, all);
    lines.forEach((node, i) => {
      put(node, words[i], isUnder ? x : right, isUnder ? 66 : (words[1] ? 26 : 42) + i * LINE);
    });
    const end = isUnder ? Math.max(right + 4, x + needs) : right + needs;
    set(frame, { x: at.aside, y: 1, width: all.guess ? end - at.aside : 0, height: isUnder ? 71 : 54, rx: 6 });
  };
}

const twoLines = (text, width) => {
  const words = text.split(" "),
    n = words.findLastIndex((_, i) => widthOf(words.slice(0, i + 1).join(" ")) <= width) + 1 || 1;
  return [words.slice(0, n), words.slice(n)].map((line) => fit(line.join(" "), width));
};

// The other vessel: the guess once it is locked, else the other case.
function other(v) {
  if (isPosed(v)) return null;
  if (isAmount(v.guess)) return guessCase(v, "you said");
  return isAmount(v.beside_cache) && v.users > 0 ? { ...caseOf(v, v.beside_cache), caption: v.beside } : null;
}

// The line below: the size of weights too thin for it, what a tile is while a guess shares the room, what to try.
function placeBelow([first, second], v, at) {
  const posed = isPosed(v),
    area = levels(v, at).areaOf(Math.max(0, fillingOf(v).room) / guessOf(v)),
    left = [weightsInside(v, at) || v.weights <= SLACK ? "" : weightsName(v), posed ? tileSays(groupOf(area)) : ""];
  write(first, left.filter(Boolean).join("; "));
  const x = 2 + (first.textContent ? widthOf(first.textContent) + 14 : 0),
    tries = remedies(v).map((text) => `Try ${text}.`);
  write(second, tries.find((text) => x + widthOf(text) < at.width) ?? "");
  move(first, 0, at.height - 6);
  move(second, x, at.height - 6);
}

// Beside the first vessel: what the hatch is, and while a guess is posed what it means.
function placeLines(kept, lines, v, at) {
  const posed = isPosed(v),
    x = posed ? at.across + 26 : at.aside,
    texts = posed ? posedLines(v, at.slim) : [];
  const back = v.reserve <= SLACK ? "" : posed ? keptBack(v) : "kept back";
  put(kept, fit(back, at.width - x), x, at.top + 12);
  lines.forEach((node, i) => {
    const isYours = guessOf(v) > 0 && i === texts.length - 1;
    set(node, { class: `lab-vessel-line${isYours ? " lab-drawing-you" : ""}` });
    put(node, texts[i] ?? "", x, at.top + (at.slim ? 46 : 68) + i * (at.slim ? 22 : 26));
  });
}

function build(outer, _, model) {
  const svg = make(outer, "g", "lab-vessels"),
    [first, second] = [makeVessel(svg), makeVessel(svg)],
    number = makeNumber(svg),
    kept = textIn(svg, SOFT),
    lines = Array.from({ length: 4 }, () => textIn(svg)),
    below = [textIn(svg, SOFT), textIn(svg, SOFT)];
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
