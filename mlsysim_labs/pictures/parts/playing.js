// One request that plays: its tokens as squares above, a clock, and the buttons that send it. Where the clock stands is
// of this view alone; at rest it stands at the end.

const LONGEST = 30; // [s] that a request plays
const PITCH = 8,
  GAP = 2; // [px] from square to square, and between them
const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Two blocks of squares: the prompt, and the answer.
function makeChat(svg, id) {
  const defs = make(svg, "defs", ""),
    all = make(svg, "g", "");
  const paints = ["line", "weights", "cache", "multiply", "plain"],
    patterns = paints.map((kind) => squarePattern(defs, id + kind, kind));
  const blocks = ["prompt", "answer"].map((word) => ({
    word,
    box: make(all, "rect", "lab-lanes-box", { rx: 8 }),
    label: textIn(all, "lab-drawing-soft"),
    all: make(all, "path", "", { fill: `url(#${id}line)` }),
    filled: make(all, "path", ""),
  }));
  return (v, found, { chat: height }, player, width) => {
    const tokens = numbers(v.tokens).map((n) => (n > 0 && n < 1e12 ? n : 0)),
      yes = height > 0 && tokens.length > 1 && Math.max(...tokens) > 0;
    show(all, yes);
    if (!yes) return;
    const shares = isPosed(v) ? [0, 0] : sharesOf(v, found, tokens[1], player?.clock ?? Infinity);
    patterns.forEach((pattern) => pattern(PITCH, GAP));
    const wide = (width - 16) / 2,
      each = tokensIn(Math.max(...tokens), wide, height); // one scale: what is longer is larger
    blocks.forEach((block, i) => {
      const kind = found[0]?.parts[i]?.kind,
        paint = id + (paints.includes(kind) ? kind : "plain");
      placeBlock(block, tokens[i], shares[i], paint, { x: i * (wide + 16), wide, height, each });
    });
  };
}

const columnsIn = (wide) => Math.max(1, Math.floor((wide - 14) / PITCH));
// Tokens that a square stands for, so that there is room for them all.
const tokensIn = (n, wide, height) => {
  const rows = Math.max(1, Math.floor((height - 30) / PITCH));
  return 2 ** Math.max(0, Math.ceil(Math.log2(n / (columnsIn(wide) * rows))));
};

function placeBlock({ word, box, label, all: off, filled: on }, n, share, paint, { x, wide, height, each }) {
  const columns = columnsIn(wide),
    count = n / each;
  set(box, { x: x + 0.5, y: 0.5, width: wide - 1, height: height - 1 });
  const words = chatWords(word, n, each);
  write(label, fit(words.find((w) => widthOf(w) < wide - 16) ?? words.at(-1), wide - 16));
  move(label, x + 8, 18);
  set(off, { d: fillPath(count, columns, PITCH) });
  set(on, { d: fillPath(Math.floor(share * n + 1e-9) / each, columns, PITCH), fill: `url(#${paint})` });
  for (const path of [off, on]) move(path, x + 8, 26);
}
const chatWords = (word, n, each) => [
  `${word} · ${countText(n, "token")}${each > 1 ? `, ${wholeText(each)} a square` : ""}`,
  `${word} · ${wholeText(n)}`,
];

// Where a request is at a time: which share of the prompt is read, and how many tokens are written.
const readAt = (first, clock) => (first > 0 ? Math.min(1, clock / first) : 1);
const writtenAt = (first, done, answer, clock) =>
  clock >= done
    ? answer
    : clock < first
      ? 0
      : Math.min(answer - 1, 1 + Math.floor(((clock - first) / (done - first)) * (answer - 1) + 1e-9));
const sharesOf = (v, [lane], answer, clock) => {
  const first = lane?.parts[0].length ?? 0;
  return [readAt(first, clock), writtenAt(first, v.finish, answer, clock) / (answer || 1)];
};

// The clock in words and digits, the last request as a thin bar, and names of parts that are too narrow for theirs.
function makeRequest(svg) {
  const clock = textIn(svg, ""),
    status = textIn(svg, "lab-drawing-soft"),
    last = make(svg, "rect", "lab-paint-plain"),
    under = ["", ""].map(() => textIn(svg, "lab-drawing-soft lab-drawing-halo"));
  return (v, lane, { slim, tops: [y], tall, clock: base }, { px, width, player }) => {
    showAll([clock, status, last, ...under], player !== null);
    if (!player) return;
    const t = player.clock,
      first = lane.parts[0].length,
      answer = numbers(v.tokens)[1] || 0;
    write(clock, timeText(t));
    set(clock, { class: `lab-drawing-big lab-lanes-clock${slim ? " lab-lanes-clock-slim" : ""}` });
    move(clock, 0, base);
    const tokens = countText(writtenAt(first, v.finish, answer, t), "token");
    write(status, t >= v.finish ? "done" : t < first ? `${v.parts[0]} the prompt` : `${tokens} written`);
    move(status, slim ? 0 : 156, slim ? base + 19 : base - 1);
    set(show(last, player.last > 0), { x: 0, y: y - 8, width: Math.max(0, px(player.last || 0)), height: 4 });
    placeUnder(under, textsFor(v, lane), lane, px, { y: y + tall + 20, width });
  };
}

function placeUnder(nodes, texts, { parts, total }, px, { y, width }) {
  let from = 0;
  nodes.forEach((node, i) => {
    const long = parts[i] && px(parts[i].length),
      words = !(long > 0) || isInside(texts[i], long) ? "" : i ? `${texts[i]} ↑` : `↑ ${texts[i]}`,
      wide = widthOf(words),
      end = px(total);
    write(node, words);
    const x = i === 0 ? 0 : end - wide - 10 > from ? end - wide - 10 : Math.max(from, Math.min(end + 12, width - wide));
    move(node, x, y);
    from = words ? x + wide + 12 : from;
  });
}

// The cursor, which stands where the clock does, with a grip on the axis.
function makeCursor(svg) {
  const line = make(svg, "path", "lab-lanes-cursor"),
    grip = make(svg, "circle", "lab-lanes-grip", { r: 8 }),
    hand = make(svg, "rect", "lab-hand", { width: 44, height: 44 });
  const place = ({ tops: [y], axis }, { px, player }) => {
    showAll([line, grip, hand], player !== null);
    if (!player) return;
    const x = px(player.clock);
    set(line, { d: `M${x} ${y - 6}V${axis}` });
    set(grip, { cx: x, cy: axis });
    set(hand, { x: x - 22, y: axis - 22 });
  };
  return { hand, place };
}

// The buttons; `view` has `length` [s] and `moved`, which draws at a time.
function makePlayer({ model, el }, view) {
  const row = el.appendChild(document.createElement("div"));
  row.className = "lab-lanes-play";
  const [send, speed] = ["Send", `${model.get("slow")}× slower`].map((words) => {
    const button = row.appendChild(document.createElement("button"));
    button.className = "lab-button";
    button.textContent = words;
    button.dataset.lmSuppressShortcuts = "true";
    return button;
  });
  let clock = null,
    frame = 0,
    runs = false,
    was = 0,
    sent = NaN,
    before = NaN,
    fresh = true; // nothing has changed since it was sent
  speed.ariaPressed = "true";
  const isLong = () => view.length * model.get("slow") > LONGEST; // slower nobody would see it to its end
  const tell = (yes) => {
    runs = yes;
    write(send, yes ? "Pause" : clock === null ? "Send" : "Go on");
    if (model.get("playing") !== yes) model.set("playing", yes);
  };
  const pause = () => {
    cancelAnimationFrame(frame);
    tell(false);
  };
  const end = () => {
    clock = null;
    pause();
    model.set("played", true);
    view.moved();
  };
  const tick = (now) => {
    const slow = isLong() || speed.ariaPressed !== "true" ? Math.min(1, LONGEST / view.length) : model.get("slow");
    clock += Math.max(0, now - was) / 1e3 / slow;
    was = now;
    if (clock >= view.length) return end();
    frame = requestAnimationFrame(tick);
    view.moved();
  };
  const play = () => {
    if (clock === null) {
      [before, sent, fresh, clock] = [fresh ? before : sent, view.length, true, 0];
      model.set("played", false);
    }
    tell(true);
    if (isCalm()) return end();
    was = performance.now();
    frame = requestAnimationFrame(tick);
  };
  // Whoever shows the picture may start and stop it too.
  const asked = () => model.get("playing") !== runs && (runs ? pause() : play());
  send.onclick = () => (runs ? pause() : play());
  model.on("change:playing", asked);
  speed.onclick = () => {
    speed.ariaPressed = String(speed.ariaPressed !== "true");
  };
  return {
    row,
    offer: () => (speed.hidden = !(model.get("slow") > 1) || isLong()),
    get clock() {
      return Math.min(clock ?? view.length, view.length);
    },
    get last() {
      return fresh ? before : sent; // how long the request before this one was
    },
    // The request has changed: a new one stands at its end.
    reset() {
      clock = null;
      fresh = !(sent > 0);
      pause();
    },
    scrub(t) {
      clock = t >= view.length ? null : Math.max(0, t);
      pause();
      view.moved();
    },
    stop() {
      cancelAnimationFrame(frame);
      model.off("change:playing", asked);
      row.remove();
    },
  };
}
