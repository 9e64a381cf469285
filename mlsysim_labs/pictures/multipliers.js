// A thousand squares, each a thousandth of a chip's multipliers: which of them work, and which one believed would. What
// is too little to be seen among a thousand is seen among the first ten, enlarged.

const TRAITS = ["share", "guess", "posed", "of", "note", "hint", "says", "said", "said_names", "said_units"];
const COLUMNS = 50,
  ROWS = 20,
  SQUARE = 9, // [px] at most
  ENLARGED = 6,
  FEW = 0.01; // a smaller share is enlarged

const isShare = (x) => Number.isFinite(x) && x >= 0;
const inThousand = (x, of) =>
  of ? countText(1000 * x, of) : `${1000 * x < 9.95 ? +(1000 * x).toFixed(1) : wholeText(1000 * x)} of 1,000`;
const ofShare = (x) => 1000 * clamp(x, 0, 1);

function say(v) {
  if (v.says) return saidText(v);
  if (v.posed >= 1) return "How many of its multipliers does the chip keep at work?";
  return isShare(v.share) ? `${capital(inThousand(v.share, v.of))}${v.of ? "" : " multipliers work"}.` : "";
}

// The share that is filled up to a place; in the first row parts of a square count.
function shareAt(x, y, size) {
  const row = Math.max(0, Math.floor(y / size)),
    column = clamp(x / size, 0, COLUMNS);
  if (row >= ROWS) return 1;
  return clamp((row ? row * COLUMNS + Math.ceil(column) : column) / 1000, 1e-4, 1);
}

function makeGrid(svg, id) {
  const defs = make(svg, "defs", ""),
    kinds = ["line", "you", "multiply"];
  const patterns = ["", "lens-"].map((size) => kinds.map((kind) => squarePattern(defs, id + size + kind, kind)));
  const mine = squarePattern(defs, id + "inside", "you");
  const paint = (parent, size) => kinds.map((kind) => make(parent, "path", "", { fill: `url(#${id}${size}${kind})` }));
  const lens = make(svg, "g", ""),
    rays = make(lens, "path", "lab-drawing-axis"),
    grid = make(svg, "g", "");
  const few = paint(lens, "lens-"),
    all = paint(grid, ""),
    inside = make(grid, "path", "", { fill: `url(#${id}inside)` }); // a guess within the truth: smaller squares on it
  return { patterns, mine, lens, rays, few, all, inside, grid, hand: make(grid, "rect", "lab-hand") };
}

function build(svg, _, model) {
  const g = makeGrid(svg, newId("multipliers"));
  const [big, head, hint, note, guess] = ["big", "strong", "soft", "soft", "you"].map((kind) =>
    textIn(svg, `lab-drawing-${kind}`),
  );
  let size = SQUARE,
    top = 0;
  const wanted = (x, y) => ["guess", shareAt(x, y - top, size)];
  const at = (event) => {
    const { left, top: above } = svg.getBoundingClientRect();
    model.set("grabbed", wanted(event.clientX - left, event.clientY - above));
  };
  grab(model, svg, g.hand, wanted);

  function placeGrid(v, open, guessed) {
    const works = open && isShare(v.share) ? ofShare(v.share) : 0,
      said = guessed ? ofShare(v.guess) : 0;
    g.patterns[0].forEach((pattern) => pattern(size, size > 8 ? 2 : 1.5));
    g.mine(size, size > 8 ? 2 : 1.5, size / 5);
    [1000, open && said < works ? 0 : said, works].forEach((n, i) => set(g.all[i], { d: fillPath(n, COLUMNS, size) }));
    set(g.all[1], { "fill-opacity": open ? 0.45 : 1 });
    set(g.inside, { d: open ? fillPath(Math.min(said, works), COLUMNS, size) : "" });
    move(g.grid, 0, top);
    set(g.hand, { width: COLUMNS * size, height: ROWS * size });
    show(g.hand, !open);
  }

  function placeLens(v, width, y) {
    const each = Math.min(ENLARGED * size, width / 10),
      seen = !(v.posed >= 1) && isShare(v.share) && v.share < FEW;
    show(g.lens, seen);
    if (!seen) return each;
    g.patterns[1].forEach((pattern) => pattern(each, each / 5));
    const said = Number.isFinite(v.guess) ? clamp(1000 * v.guess, 0, 10) : 0,
      works = ofShare(v.share);
    [10, said, works].forEach((n, i) => set(g.few[i], { d: fillPath(n, 10, each) }));
    set(g.few[1], { "fill-opacity": 0.45 });
    move(g.lens, 0, y);
    set(g.rays, { d: `M0 ${each}V${top - y - 2}M${9.8 * each} ${each}L${10 * size - 2} ${top - y - 2}` });
    return each;
  }

  function place(v, width) {
    const height = heightFor(width),
      open = !(v.posed >= 1),
      guessed = Number.isFinite(v.guess);
    size = Math.min(width / COLUMNS, SQUARE);
    const each = Math.min(ENLARGED * size, width / 10),
      y = 24;
    top = y + each + 14;
    placeGrid(v, open, guessed);
    placeLens(v, width, y);
    const many = open && isShare(v.share) && v.share >= FEW;
    write(big, open ? (many ? inThousand(v.share, v.of) : "") : guessed ? inThousand(v.guess, v.of) : "?");
    set(big, { class: `lab-drawing-big lab-multipliers-big${open ? "" : " lab-drawing-you"}` });
    move(big, 0, top - 22);
    write(hint, open || guessed ? "" : v.hint);
    move(hint, 40, top - 28);
    write(note, open ? "" : v.note);
    move(note, 0, top + ROWS * size + 16);
    write(head, open && isShare(v.share) && v.share < FEW ? inThousand(v.share, v.of) : "");
    move(head, 0, 14);
    write(guess, open && guessed ? `your guess: ${inThousand(v.guess, v.of)}` : "");
    move(guess, 0, top + ROWS * size + 16);
    return height;
  }
  g.hand.addEventListener("pointerdown", at); // a press alone counts, too
  return { say, place };
}

export default { render: (view) => draw(view, "multipliers", TRAITS, build) };
