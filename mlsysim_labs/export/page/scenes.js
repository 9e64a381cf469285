// What the stage may show: until all is locked a scene for each prediction, which after its lock stands still with the
// truth; then the one in which everything moves. The kernel's half of it, as `page/page.py` and `page/scenes.py` have.

// A guess as the stage counts it: a number, or the place of an option; NaN where it is nothing that can be shown.
function lockedGuess(model) {
  const { value } = model.get("locked");
  if (model.get("kind") === "choice") {
    const place = model.get("options").indexOf(value);
    return place < 0 ? NaN : place;
  }
  return typeof value === "number" ? value : NaN;
}

// Where a knob stands that is nearest to a number, as its raw value.
function nearestStop({ table, min, max, step }, number) {
  if (!table) return halfToEven((Math.min(Math.max(number, min), max) - min) / step) * step + min;
  return table.reduce((best, x, i) => (Math.abs(x - number) < Math.abs(table[best] - number) ? i : best), 0);
}

// Where the knobs stand when a truth is shown: as the question says, and at what was guessed.
function shownAt({ show, guessed }, guess) {
  if (!Number.isFinite(guess)) return show;
  const moved = Object.entries(guessed).map(([name, stops]) => [name, nearestStop(stops, guess)]);
  return { ...show, ...Object.fromEntries(moved) };
}

const constant = (value) => (typeof value === "string" ? ["text", value] : ["const", listed(value)]);
const listed = (value) => (typeof value === "number" ? readable(value) : Array.from(value, readable));
const readable = (x) => (Number.isFinite(x) ? x : String(x)); // as JSON names what is not finite

// A scene with its numbers at these settings, which no knob moves.
function stillScene(scene, inputs) {
  const outputs = load(scene.program)(inputs),
    names = Object.keys(outputs);
  const program = {
    code: names.map((name) => constant(outputs[name])),
    outputs: Object.fromEntries(names.map((name, i) => [name, i])),
  };
  return { ...scene, program, knobs: [], drawer: [] };
}

// What the runner is given now; `revealed` names what was just locked.
export function stageNow(page, revealed) {
  const runner = page.models.get(page.data.runner),
    { values } = runner.get("kernel_state"),
    guesses = { ...page.first.guesses },
    scenes = {},
    given = {};
  for (const one of page.data.predictions) {
    const model = page.models.get(one.id),
      guess = lockedGuess(model),
      show = shownAt(one, guess),
      part = page.parts[one.name];
    guesses[one.name] = { ...guesses[one.name], show };
    if (part?.scene && "value" in model.get("truth"))
      Object.assign(given, { views: part.views, [one.name]: stillScene(part.scene, { ...values, ...show, guess }) });
  }
  const { views, ...still } = given;
  Object.assign(scenes, page.first.scenes, still);
  const { number = 0 } = runner.get("reveal"),
    reveal = revealed && page.data.mode !== "exam" ? { reveal: { number: number + 1, prediction: revealed } } : {};
  const stage = page.isOpen ? page.parts[""].models[page.data.runner].state : { ...page.first, scenes };
  return { ...stage, ...(views && !page.isOpen && { views }), guesses, ...reveal };
}
