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
  const top = 68,
    floor = height - 22,
    aside = across + 10;
  return { slim, width, height, pitch, across, top, floor, high: floor - top, aside, room: Math.max(20, pitch - aside - 8) };
}

// Heights of what lies in a vessel, from the floor: weights up to `base`, users up to `lid`, where the reserve begins.
function levels(v, { across, top, floor, high }) {
  const perByte = high / v.capacity,
    base = floor - Math.min(v.weights, v.capacity) * perByte,
    lid = top + Math.min(v.reserve, v.capacity) * perByte;
  return { perByte, base, lid, free: Math.max(0, base - lid), areaOf: (bytes) => bytes * perByte * across };
}

// One vessel: what `all` are (a guess that shares the room, or users who are in or out) decides what is drawn in it.
function makeVessel(svg) {
  const one = make(svg, "g", "lab-vessel"),
    part = (tag, name) => make(one, tag, `lab-vessel-${name}`);
  const weights = part("rect", "weights"),
    users = part("path", "users"),
    shared = part("path", "shared"),
    hatch = make(one, "path", "lab-drawing-hatch"),
    over = part("path", "over"),
    wall = part("rect", "wall");
  const queue = Array.from({ length: MOST_WAITING }, () => part("path", "waits"));
  const [big, under, beside, below] = ["lab-drawing-big", ...Array(3).fill("lab-drawing-soft")].map((c) => textIn(one, c));
  const name = textIn(one, "lab-drawing-inside"),
    free = textIn(one, "lab-drawing-soft lab-drawing-middle"),
    legend = [textIn(one, "lab-drawing-soft"), textIn(one, "lab-drawing-soft")],
    waits = textIn(one, "lab-drawing-short");
  const named = Array.from({ length: MOST_NAMED }, () => [textIn(one), textIn(one)]);

  // What holds of every vessel of this chip: weights, reserve, walls.
  function shell(v, at) {
    const { base, lid } = levels(v, at),
      { across, top, floor, high } = at,
      text = `weights ${sizeIn(v.unit)(v.weights)}`;
    set(weights, { x: 0, y: base, width: across, height: floor - base });
    set(wall, { x: 0, y: top, width: across, height: high, rx: 3 });
    set(hatch, { d: hatchPath({ x: 0, y: top, w: across, h: lid - top }) });
    set(over, { d: base < lid - 0.5 || v.weights > v.capacity ? `M0 ${px(base)}H${across}M0 ${px(lid)}H${across}` : "" });
    const inside = floor - base > 18 && widthOf(text, 600) < across - 14;
    write(name, inside ? text : "");
    move(name, 8, (floor + Math.max(base, lid)) / 2 + MIDDLE);
    return inside || v.weights <= SLACK ? "" : text;
  }

  function tiles(v, at, all) {
    const { base, areaOf } = levels(v, at),
      area = areaOf(all.share),
      found = tilesOf(all.guess ? all.n : all.inside, area, at.across, base),
      least = found.length ? Math.min(found[0].w, found[0].h) : 1;
    const gap = clamp(least / 8, 0.6, 1.5);
    set(users, { d: all.guess ? "" : found.map(boxPath).join(""), "stroke-width": gap });
    set(shared, { d: all.guess ? found.map((t) => boxPath(within(t, gap))).join("") : "", "stroke-width": gap });
    const texts = (i) => (v.users > 0 || all.guess ? `user ${i + 1}` : "KV cache");
    named.forEach(([who, keeps], i) => {
      const tile = groupOf(area) === 1 ? found[i] : undefined,
        words = [texts(i), sizeIn(v.unit)(all.share)],
        yes = tile?.h >= 19 && tile.w >= widthOf(words[0], 600) + widthOf(words[1], 600) + 28;
      [who, keeps].forEach((node, j) => {
        set(node, { class: `${all.guess ? "lab-drawing-you" : "lab-drawing-inside"}${j ? " lab-drawing-end" : ""}` });
        write(node, yes ? words[j] : "");
        if (yes) move(node, j ? tile.x + tile.w - 8 : tile.x + 8, tile.y + tile.h / 2 + MIDDLE);
      });
    });
    return { group: groupOf(area), least: found.length ? found.at(-1).y : base, area };
  }

  // To the right: what a tile is if not one user, and who waits.
  function outside(at, { out, guess }, { group, area }) {
    const isMany = group > 1,
      words = `a tile is ${group === 10 ? "ten" : tally(group)} users`,
      lines = widthOf(words) <= at.room ? [words, ""] : ["a tile is", words.slice(10)];
    legend.forEach((node, i) => {
      write(node, isMany ? lines[i] : "");
      move(node, at.aside, at.top + 31 + i * LINE);
    });
    const high = at.high - (isMany ? 70 : 38),
      { paths, top } = waitingOf(guess ? 0 : out, area, Math.min(at.room, 110), high, at.floor);
    queue.forEach((node, i) => set(node, { d: paths[i] ?? "" }));
    write(waits, out && !guess ? fit(wait(out), at.room, 600) : "");
    move(waits, at.aside, top - 7);
  }

  function titles(at, all) {
    const { big: number, caption, note } = all,
      left = widthOf(number, 600, BIG) + 8;
    set(big, { class: `lab-drawing-big${all.guess ? " lab-drawing-you" : ""}` });
    write(big, number);
    move(big, 0, 38);
    write(under, fit(caption, at.pitch - 8));
    move(under, 0, 58);
    write(beside, note && left + widthOf(note) < at.pitch - 8 ? note : "");
    move(beside, left, 38);
  }

  return (v, x, at, all) => {
    show(one, all !== null);
    if (!all) return;
    move(one, x, 0);
    const thin = shell(v, at),
      made = tiles(v, at, all),
      { lid } = levels(v, at),
      text = `${sizeIn(v.unit)(all.spare)} free`,
      roomy = !all.guess && !all.out && made.least - lid > 24 && widthOf(text) < at.across - 8;
    write(free, roomy ? text : "");
    move(free, at.across / 2, (lid + made.least) / 2 + MIDDLE);
    outside(at, all, made);
    titles(at, all);
    write(below, thin);
    move(below, 0, at.floor + 15);
  };
}

// How a vessel shows what is in it, or a guess of it: the guessed users share the room equally.
function caseOf(v, cache) {
  const now = fillingOf(v, cache),
    size = sizeIn(v.unit);
  if (now.n) return { ...now, big: v.users > 0 ? tally(now.inside) : "", caption: v.users > 0 ? `of ${some(now.n, "user")} fit` : "" };
  const big = inUnit(Math.max(0, now.room), v.unit);
  return { ...now, big, caption: `of ${size(v.capacity)} are free` };
}
function guessCase(v, caption) {
  const n = guessOf(v),
    room = Math.max(0, fillingOf(v).room);
  return { guess: true, n: n || 0, inside: n || 0, out: 0, share: n ? room / n : 0, big: isNaN(n) ? "" : tally(n), caption };
}

const keptBack = (v) => {
  const share = v.reserve / v.capacity;
  return v.reserve <= SLACK ? "" : Math.abs(share - 0.1) < 0.0005 ? "a tenth is kept back" : `${percent(share)} are kept back`;
};

// What is said of the guess beside the vessel, a line each; the last one is the learner's.
function posedLines(v, slim) {
  const size = sizeIn(v.unit),
    { room } = fillingOf(v),
    n = guessOf(v),
    all = `${size(room)} are free.`;
  if (room <= SLACK) return [];
  if (isNaN(n)) return slim ? [all, "How high is the", "share of one user?"] : [all, "How high is one user's share?", "Drag it in the empty room."];
  if (!n) return [all];
  const who = `If ${some(n, "user")} fit${n === 1 ? "s" : ""},`,
    keeps = n === 1 ? "that one keeps" : "each keeps";
  return [all, ...(slim ? [who, keeps] : [`${who} ${keeps}`]), `${size(room / n)}.`];
}

// What the hand can take before the guess is locked: the height of one user's share, as a slab across the vessel.
function makeHandle(svg, model, now) {
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
  for (const node of [room, grip]) grab(model, svg, node, wanted);

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

function build(svg, _, model) {
  const first = makeVessel(svg),
    second = makeVessel(svg),
    said = make(svg, "rect", "lab-vessel-said"),
    kept = textIn(svg, "lab-drawing-soft"),
    lines = Array.from({ length: 4 }, () => textIn(svg)),
    remedy = textIn(svg, "lab-drawing-soft");
  let held = { base: 0, free: 1 };
  const handle = makeHandle(svg, model, () => held);

  // The other vessel: the guess once it is locked, else the other case; where the page is narrow, its number alone.
  const other = (v, at) => {
    if (isPosed(v)) return null;
    if (isAmount(v.guess)) return guessCase(v, "you said");
    return isAmount(v.beside_cache) ? { ...caseOf(v, v.beside_cache), caption: v.beside } : null;
  };

  function words(v, at) {
    const posed = isPosed(v),
      { lid } = levels(v, at),
      x = posed ? at.across + 26 : at.aside,
      texts = posed ? posedLines(v, at.slim) : [];
    write(kept, fit(posed ? keptBack(v) : v.reserve > SLACK ? "kept back" : "", posed ? at.width - x : at.room));
    move(kept, x, Math.max(at.top + 12, (at.top + lid) / 2 + MIDDLE));
    lines.forEach((node, i) => {
      const you = isPosed(v) && guessOf(v) > 0 && i === texts.length - 1;
      set(node, { class: `lab-vessel-line${you ? " lab-drawing-you" : ""}` });
      write(node, texts[i] ?? "");
      move(node, x, at.top + (at.slim ? 52 : 72) + i * (at.slim ? 22 : 26));
    });
  }

  function place(v, width) {
    const at = stage(width),
      beside = other(v, at),
      posed = isPosed(v);
    held = levels(v, at);
    const note = v.caption || (posed ? "" : [v.model, shortName(v.chip)].filter(Boolean).join(" on "));
    first(v, 0, at, { ...(posed ? guessCase(v, isNaN(guessOf(v)) ? "" : "users, you think") : caseOf(v, v.cache)), note });
    second(v, at.pitch, at, at.slim ? null : beside);
    handle(v, at);
    words(v, at);
    const tries = remedies(v).map((text) => `Try ${text}.`);
    write(remedy, tries.find((text) => widthOf(text) < width) ?? "");
    move(remedy, 0, at.height - 6);
    return at.height;
  }
  return { say, place };
}

export default { render: (view) => draw(view, "vessel", TRAITS, build) };
