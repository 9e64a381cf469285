// What a learner guesses, as a thing in the picture: a flag at a time, or a divider between two parts. Before the lock
// it can be dragged; afterwards it stays, dashed, beside what is true.

const REACH = 24; // [px] on each side of a pole that a finger may miss it by
const partsText = (share) => {
  const broad = Math.min(share, 1 - share) >= 0.0995;
  return [share, 1 - share].map((part) => `${(100 * part).toFixed(broad ? 0 : 1)} %`);
};

// A pole with a pennant, which turns to the side where there is room.
function makeFlag(svg, model) {
  const all = make(svg, "g", "lab-lanes-flag"),
    pole = make(all, "path", "lab-lanes-pole"),
    pennant = make(all, "path", "lab-paint-you"),
    text = textIn(all, "lab-drawing-you lab-drawing-halo"),
    mark = textIn(all, "lab-drawing-you lab-lanes-mark"),
    hint = textIn(all, "lab-drawing-soft lab-drawing-middle"),
    hand = make(all, "rect", "lab-hand");
  let scale = (x) => x;
  grab(model, svg, hand, (x) => ["guess", scale(x)]);

  // `at` is {x, top, bottom, foot, width}; `foot` is the base line of the text under it.
  return (v, at, open, toTime) => {
    const { x, top, bottom, foot, width } = at,
      some = Number.isFinite(v.guess);
    const seen = v.asked === "guess" && (some || !open);
    show(all, seen);
    if (!seen) return;
    scale = (px) => toTime(clamp(px, 1, width));
    const px = clamp(x, 1.5, width - 1.5),
      left = px > width - 54;
    set(pole, { d: `M${px} ${top}V${bottom}`, "stroke-dasharray": open ? "5 3" : "none" });
    set(pennant, { d: `M${px} ${top}l${left ? -26 : 26} 9l${left ? 26 : -26} 9z`, "fill-opacity": open ? 0.55 : 1 });
    set(hand, { x: px - REACH, y: top - 10, width: 2 * REACH, height: Math.max(44, bottom - top + 20) });
    show(hand, !open);
    const words = !some ? "" : open ? "your flag" : timeText(v.guess),
      half = widthOf(words, 600) / 2;
    write(text, words);
    set(text, { class: "lab-drawing-you lab-drawing-halo lab-drawing-middle" });
    move(text, clamp(px, half, width - half), foot);
    write(mark, some || open ? "" : "?");
    move(mark, left ? px - 52 : px + 30, top + 26);
    write(hint, some || open ? "" : "Drag the flag to where the token is done.");
    move(hint, width / 2, foot + 2);
  };
}

// An empty bar from the start to the end, and a divider in it.
function makeDivider(svg, model) {
  const all = make(svg, "g", "lab-lanes-parted");
  const [rest, bar] = ["lab-lanes-rest", "lab-lanes-empty"].map((kind) => make(all, "rect", kind, { rx: 4 }));
  const ends = ["send", "last token"].map((words, i) => {
    const text = textIn(all, `lab-drawing-soft${i ? " lab-drawing-end" : ""}`);
    write(text, words);
    return text;
  });
  const labels = ["", ""].map(() => textIn(all, "lab-drawing-you")),
    pole = make(all, "path", "lab-lanes-divider"),
    mark = textIn(all, "lab-drawing-you lab-lanes-mark lab-drawing-middle"),
    hint = textIn(all, "lab-drawing-soft lab-drawing-middle"),
    hand = make(all, "rect", "lab-hand");
  let across = 1;
  grab(model, svg, hand, (x) => ["guess_share", clamp(x / across, 0, 1)], true);

  return (v, yes, { y, tall, width }) => {
    const { parts } = v;
    show(all, yes);
    if (!yes) return;
    across = width;
    const some = Number.isFinite(v.guess_share),
      share = some ? clamp(v.guess_share, 0, 1) : 0.5,
      x = clamp(share * width, 4, width - 4);
    set(bar, { x: 1, y, width: width - 2, height: tall });
    set(rest, { x, y, width: width - 1 - x, height: tall });
    show(rest, some);
    ends.forEach((text, i) => move(text, i * width, y - 10));
    set(pole, { d: `M${x} ${y - 6}v${tall + 12}`, "stroke-dasharray": some ? "none" : "6 5" });
    set(hand, { x: 0, y: y - 8, width, height: Math.max(44, tall + 16) }); // one may press where it shall be
    partsText(share).forEach((text, i) => {
      placePart(labels[i], some ? `${parts[i]} ${text}` : "", i, { x, y, tall, width });
    });
    write(mark, some ? "" : "?");
    move(mark, width / 2 + 30, y + tall / 2 + 12);
    write(hint, some ? "" : `Drag the divider to where ${parts[0]} ends.`);
    move(hint, width / 2, y + tall + 26);
  };
}

// In the middle of its part, or below where that is too narrow.
function placePart(node, words, i, { x, y, tall, width }) {
  const [from, to] = i ? [x, width] : [0, x],
    wide = widthOf(words, 600),
    fits = to - from > wide + 20;
  write(node, words);
  move(node, fits ? (from + to - wide) / 2 : i ? width - wide : 0, fits ? y + tall / 2 + 5 : y + tall + 26);
}

// The divider after the lock: where one had put it.
function makeDividerGhost(svg) {
  const pole = make(svg, "path", "lab-lanes-pole", { "stroke-dasharray": "5 3" }),
    text = textIn(svg, "lab-drawing-you lab-drawing-halo lab-drawing-middle");
  write(text, "your divider");
  return (v, yes, { y, tall, to, width }) => {
    showAll([pole, text], yes);
    if (!yes) return;
    const x = clamp(v.guess_share, 0, 1) * to,
      half = widthOf("your divider", 600) / 2;
    set(pole, { d: `M${clamp(x, 1.5, width - 1.5)} ${y - 6}v${tall + 12}` });
    move(text, clamp(x, half, width - half), y - 10);
  };
}
