// A lane that is too short to be seen gets a lens on request: its bar, so many times longer, in a frame.

const THIN = 6, // [px] a bar shorter than this gets one
  MAGNIFIED = [3000, 1000, 300, 100, 30, 10];

function makeLens(svg, moved) {
  let isOut = false;
  const all = make(svg, "g", "lab-lanes-lens"),
    frame = make(all, "rect", "lab-lanes-lens-frame", { rx: 4 }),
    bar = make(all, "rect", ""),
    word = textIn(all, "lab-drawing-strong"),
    hand = make(all, "rect", "lab-hand lab-lanes-lens-hand");
  make(hand, "title", "").textContent = "Look closer";
  hand.onclick = () => {
    isOut = !isOut;
    moved();
  };
  return (total, y, tall, { px, width, paint, kind, still }) => {
    const long = px(total),
      times = MAGNIFIED.find((n) => n * long <= 0.7 * width),
      yes = still && long > 0 && long < THIN && times !== undefined;
    show(all, yes);
    if (!yes) return;
    const seen = isOut ? times * long : 0,
      x = isOut ? 0 : long + 12,
      text = isOut ? `×${times}` : `Zoom ×${times}`,
      wide = seen + widthOf(text, 600) + 18,
      [top, high] = isOut ? [y - 3, tall + 6] : [y + tall / 2 - 12, 24];
    set(frame, { x, y: top, width: wide, height: high });
    set(show(bar, isOut), { x: 1, y, width: seen, height: tall, ...paint(kind) });
    write(word, text);
    move(word, x + seen + 9, y + tall / 2 + 5);
    set(hand, { x, y: y + tall / 2 - 22, width: wide, height: 44 });
  };
}
