// The page: its models, what has opened, and what all of it shows now. `show` is what the kernel does after each act.

const FIRST = ["controls", "views", "scenes", "guesses"]; // of the runner, before anything is locked
const MODES = { learn: "", demo: "For a class: nothing is kept.", exam: "Exam" };
const KEPT = "kept in this browser";

export class Page {
  constructor(known, letters) {
    const data = JSON.parse(known);
    Object.assign(this, { known, data, letters, texts: {}, parts: {} });
    Object.assign(this, { models: new Models(), modules: new Map(), waiting: [] });
    this.models.add(data.models);
    this.shelf = new Shelf(data);
    this.journal = new Journal({ lab: data.lab, mode: data.mode, opened: openedOf(data) }, this.shelf);
    this.desk = new Desk(this);
    this.models.hear = (model, said) => this.desk.hear(model, said);
    const runner = this.models.get(data.runner);
    this.first = Object.fromEntries(FIRST.map((name) => [name, runner.get(name)]));
    this.isShown = false; // all that comes when everything is open
  }
  get isOpen() {
    const { journal, data } = this;
    return journal.isPlayed || data.predictions.every(({ name }) => journal.prediction(name));
  }
  itemOf(name) {
    return this.parts[""].items.find((item) => item.name === name);
  }

  // Unpack what may be read now.
  async open() {
    const { journal, data } = this,
      told = data.predictions.filter(({ name }) => journal.isPlayed || journal.prediction(name));
    const wanted = [...told.map(({ name }) => name), ...(this.isOpen ? [""] : [])];
    for (const name of wanted.filter((one) => one in this.letters && !(one in this.parts))) {
      const before = name ? [] : data.predictions.map((one) => this.texts[one.name] ?? "");
      this.texts[name] = await unpackedText(this.letters[name], data.seed, this.known + before.join(""));
      this.parts[name] = JSON.parse(this.texts[name]);
    }
  }

  judgeTask(item, text, more) {
    return judged(item, text, { mode: this.data.mode, items: this.parts[""].items, ...more });
  }
  judgePlan(item, settings) {
    const model = this.models.get(item.id),
      conditions = model.get("conditions");
    if (this.data.mode === "exam") return planJudged({ conditions, met: [] }, "exam");
    const { values } = this.models.get(this.data.runner).get("kernel_state"),
      { met } = load(item.program)({ ...values, ...settings, guess: NaN });
    return planJudged({ conditions, met: typeof met === "number" ? [met] : met }, this.data.mode);
  }

  // What has been done, on the page; `revealed` names what was just locked.
  show(revealed = "") {
    const { data, models, journal } = this;
    for (const { name, id } of data.predictions)
      tell(models.get(id), predictionStands(models.get(id), name, this.parts[name], journal, data.plays));
    if (this.isOpen) this.showOpen();
    else if (this.isShown) this.showClosed();
    tell(models.get(data.line), { value: this.lineText() });
    for (const model of models.values())
      if (model.get("unkept") !== undefined) tell(model, { unkept: this.shelf.isMemory && !journal.isClass });
    tell(models.get(data.runner), stageNow(this, revealed));
  }
  showOpen() {
    const { models, items, hand_in } = this.parts[""],
      fresh = Object.keys(models).filter((id) => !this.models.has(id));
    this.models.add(models);
    for (const item of items) tell(this.models.get(item.id), this.standing(item));
    this.showHandIn(this.models.get(hand_in), items);
    this.begin(fresh);
    if (!this.isShown) this.arrange((id) => models[id].state);
    this.isShown = true;
    this.showMade();
  }
  // What was on the page before anything was locked gets the state that it has then, or had before.
  arrange(stateOf) {
    for (const id of Object.keys(this.parts[""].models))
      if (id in this.data.models && id !== this.data.runner) tell(this.models.get(id), stateOf(id));
  }
  showClosed() {
    this.isShown = false;
    this.arrange((id) => this.data.models[id].state);
    for (const item of this.parts[""].items) tell(this.models.get(item.id), this.standing(item));
    this.showMade();
  }
  standing(item) {
    const { journal, data } = this;
    if (item.kind === "explored") return { done: journal.events("explored", item.name).length > 0 };
    if (item.kind === "answer")
      return taskStands(item, (one, text, tries) => this.judgeTask(one, text, { tries }), journal);
    if (item.kind === "plan") return planStands(item, (one, settings) => this.judgePlan(one, settings), journal);
    if (item.kind === "reflection") return reflectionStands(item, journal);
    return predictionStands(this.models.get(item.id), item.name, this.parts[item.name], journal, data.plays);
  }

  // What is said of the record.
  showHandIn(model, items) {
    const { journal, data, shelf } = this,
      rows = items.map(({ name, kind, id }) => {
        const { text, value = "" } = journal.own(kind, name)?.value ?? {};
        return [journal.mark(kind, name), this.models.get(id).get("question"), String(text ?? value)];
      });
    const isClass = journal.isClass;
    tell(model, { rows: isClass ? [] : rows, where: whereText(data.mode, shelf.warning), may_restart: data.plays });
    if (isClass || !journal.entries.length) return tell(model, { text: "", file: {} });
    tell(model, { file: { name: `${data.lab}.record.json`, text: fileOf(journal.entries, data.lab) } });
    linesOf(journal.entries, data.lab).then((text) => tell(model, { text }));
  }
  lineText() {
    const { journal, data, shelf } = this,
      isClass = journal.isClass;
    const steps = this.parts[""]?.items ?? data.predictions.map(({ name }) => ({ name, kind: "prediction" })),
      count = steps.filter(({ name, kind }) => journal.mark(kind, name) === "done").length;
    const kept = isClass || shelf.isMemory ? "" : KEPT,
      said = [asHtml(data.student), MODES[data.mode], kept].filter(Boolean).join(" · "),
      done = isClass ? "" : `${count} of ${data.steps} done`;
    const notes = isClass ? [] : [shelf.warning, shelf.note].filter(Boolean);
    const note = (text) => `<div class="lab-saved-note">${text}</div>`;
    return `<span>${said}</span><span>${done}</span>${notes.map(note).join("")}`;
  }
  // How the lab is made, once that may be read.
  showMade() {
    const place = document.getElementById("page-made"),
      made = this.isOpen && this.parts[""].made;
    if (Boolean(made) === place.hasChildNodes()) return;
    place.replaceChildren();
    if (!made) return;
    const fold = part(place, "details", "page-fold");
    part(fold, "summary", "", { textContent: "How the lab is made" });
    part(fold, "div", "page-prose", { innerHTML: made });
  }

  // Modules begin, and what is on the page is drawn.
  begin(ids) {
    for (const id of ids) {
      const model = this.models.get(id);
      if (model.kind !== "AnyModel") continue;
      if (!this.modules.has(model.script)) this.modules.set(model.script, MODULES[model.script]());
      this.modules.get(model.script).initialize?.({ model, experimental: {} });
    }
  }
  settle() {
    while (this.waiting.length) this.waiting.shift()();
  }
  draw(place) {
    this.begin([...this.models.keys()]);
    place.replaceChildren(viewOf(this.models.get(this.data.root), this));
    this.settle();
  }
}

const asHtml = (text) => text.replace(/[<&]/g, (c) => `&#${c.charCodeAt(0)};`);

function openedOf({ mode, versions, edition, variant, student, course }) {
  return { student, course, mode, seed: variant, place: "page", versions, edition };
}

function whereText(mode, warning) {
  if (mode === "demo") return "Nothing is kept in front of a class.";
  const honour = mode === "exam" ? "" : " Answers in a page are on your honour.";
  return (warning || "It is kept in this browser. Hand in the file, or the text.") + honour;
}
