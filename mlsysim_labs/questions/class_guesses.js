// The guesses of a class: on the scale one above the other, or as votes beside the options; and the truth among them,
// with the median. They stand in the page alone, and nothing keeps them.

const COLUMNS = 26, // of dots, from one end of the scale to the other
  DOT = 11, // [px] from one dot to the one above it, where there is room
  HIGH = 66; // [px] of the highest column, less its last dot
const MOST_VOTES = 9999;

const countOfGuesses = (count) => `${count} ${count === 1 ? "guess" : "guesses"}`;
const sharedOut = (votes, at) => `${votes[at] ?? 0} of ${votes.reduce((sum, count) => sum + count, 0)}`;
const classSaid = (sentence) => sentence.replace(/^You said/, "The class’s median was").replace(/^You/, "The class");

// The one in the middle; of two in the middle of whole numbers the lower one, so that somebody has said it.
function medianOf(guesses, whole) {
  const sorted = [...guesses].sort((a, b) => a - b),
    [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return whole ? low : (low + high) / 2;
}

// A dot for each guess, and lines across them with a label on top, which stays inside.
function drawDots(parent, guesses, limits, lines = []) {
  const scale = scaleOf(limits),
    said = lines.map(({ label }) => label).join(", "),
    numbers = [...guesses].sort((a, b) => a - b).map(short);
  const text = `${countOfGuesses(guesses.length)}: ${numbers.join(", ")}${said && `; ${said}`}`;
  const room = make(parent, "div", "class-dots", { role: "img", ariaLabel: text }),
    columns = guesses.map((x) => Math.round(scale.place(x) * COLUMNS)),
    levels = new Map();
  const tallest = Math.max(1, ...columns.map((one) => columns.filter((other) => other === one).length)),
    step = Math.min(DOT, HIGH / (tallest - 1 || 1));
  room.style.setProperty("--rows", lines.length);
  for (const column of columns) {
    const level = levels.get(column) ?? 0,
      dot = make(room, "span", "class-dot");
    levels.set(column, level + 1);
    dot.style.left = `${(100 * column) / COLUMNS}%`;
    dot.style.bottom = `${level * step}px`;
  }
  for (const [row, { x, label, kind }] of lines.entries()) {
    const place = scale.place(x),
      line = make(room, "span", `class-line class-${kind}`);
    line.style.left = `${100 * place}%`;
    line.style.setProperty("--row", row);
    make(line, "span", "class-label", { textContent: label }).style.translate = `${-100 * place}%`;
  }
  return room;
}

// All guesses on their scale, with the truth where that is a number.
function classShown(parent, guesses, limits, truth) {
  const area = make(parent, "div", "predict-area"),
    median = medianOf(guesses, limits.whole);
  const lines = [{ x: median, label: `median ${short(median)}`, kind: "median" }];
  if (typeof truth === "number") lines.push({ x: truth, label: `truth ${short(truth)}`, kind: "truth" });
  drawDots(area, guesses, limits, lines);
  drawTicks(area, limits);
}

// A guess that is typed or slid, and those that were called out before. Enter adds it.
function classScale(parent, limits, model, changed) {
  const guesses = () => model.get("class_guesses"),
    one = numberField(parent, limits, () => show()),
    row = make(parent, "div", "act-row"),
    add = make(row, "button", "button", { type: "button", textContent: "Add" }),
    back = make(row, "button", "button", { type: "button", textContent: "Take back" }),
    count = make(parent, "div", "act-quiet", { role: "status" });
  let room = null;
  const all = () => (one.get() === null ? guesses() : [...guesses(), one.get()]),
    get = () => (all().length ? medianOf(all(), limits.whole) : null);
  const show = () => {
    room?.remove();
    room = drawDots(one.area, guesses(), limits);
    one.area.prepend(room);
    add.disabled = one.get() === null;
    back.disabled = !guesses().length;
    const median = guesses().length ? withUnit(short(medianOf(guesses(), limits.whole)), limits.unit) : "";
    write(count, median && `${countOfGuesses(guesses().length)}, the median is ${median}.`);
    changed();
  };
  const become = (list) => {
    model.set("class_guesses", list);
    one.restore("");
  };
  const put = () => {
    if (one.get() !== null) become([...guesses(), one.get()]);
  };
  const ofRow = (act) => () => {
    act();
    one.focus();
  };
  add.addEventListener("click", ofRow(put));
  back.addEventListener("click", ofRow(() => become(guesses().slice(0, -1))));
  one.area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    put();
  });
  one.enter(put);
  const sent = () => {
    put();
    return get();
  };
  show();
  const posed = () => one.get() ?? get(),
    restore = () => become([]);
  return { row, get, sent, posed, choose: one.choose, restore, stop: one.stop };
}

// Options with the number of hands for each; pressing one in the picture is one hand more.
function classVotes(parent, options, model, changed) {
  const list = make(parent, "div", "act-options");
  const votes = () => options.map((_, i) => model.get("class_guesses")[i] ?? 0),
    most = () => Math.max(...votes());
  const become = (counts) => {
    model.set("class_guesses", counts);
    fields.forEach(({ field }, i) => (field.value = counts[i] || ""));
    show();
  };
  const fields = options.map((option, i) => {
    const row = make(list, "label", "act-option class-option"),
      bar = make(row, "span", "class-bar", { ariaHidden: "true" });
    make(row, "span", "act-option-text", { textContent: option });
    const kind = { type: "number", min: 0, max: MOST_VOTES, step: 1, inputMode: "numeric", placeholder: "0" };
    const field = make(row, "input", "act-field class-hands", { ...kind, ariaLabel: `Hands for ${option}` });
    field.addEventListener("input", () => {
      const count = Math.min(MOST_VOTES, Math.max(0, Math.floor(Number(field.value)) || 0));
      model.set("class_guesses", Object.assign(votes(), { [i]: count }));
      show();
    });
    return { field, bar };
  });
  const show = () => {
    fields.forEach(({ bar }, i) => bar.style.setProperty("--share", most() ? votes()[i] / most() : 0));
    changed();
  };
  const get = () => (most() ? options[votes().indexOf(most())] : ""),
    set = (option) => become(votes().map((count, i) => count + (options[i] === option)));
  become(votes());
  return { get, set, restore: () => become(options.map(() => 0)) };
}

// What a prediction asks of this.
const CLASS = {
  input: (parent, limits, model, changed) =>
    limits ? classScale(parent, limits, model, changed) : classVotes(parent, model.get("options"), model, changed),
  show: classShown,
  share: sharedOut,
  say: classSaid,
};
