// What has been done in the lab, and what of it counts: all since it was last started over. Nothing is kept of a class.

export class Journal {
  constructor({ lab, mode, opened }, shelf) {
    Object.assign(this, { lab, mode, opened, shelf, session: newId(), entries: [] });
  }
  async load() {
    if (!this.isClass) this.entries = await this.shelf.load();
  }
  get isClass() {
    return this.mode === "demo";
  }
  // One more act, for good; NotSaved where that cannot be. An act that comes again is done once.
  async add(kind, name, value, id) {
    if (this.entries.some((entry) => entry.id === id)) return;
    if (this.isClass) return void this.entries.push({ id, kind, name, value });
    let all = this.entries;
    const enter = (entry) => (all = [...all, entryAfter(all, this.lab, { ...entry, session: this.session })]);
    if (!all.some((entry) => entry.session === this.session))
      enter({ id: newId(), kind: "opened", name: "lab", value: this.opened });
    enter({ id, kind, name, value });
    this.entries = await this.shelf.save(all);
  }
  events(kind, name = null) {
    const again = this.entries.findLastIndex((entry) => entry.kind === "restarted");
    return this.entries.filter((e, i) => i > again && e.kind === kind && (name === null || e.name === name));
  }
  // What was predicted first since then.
  prediction(name) {
    return this.events("prediction", name)[0];
  }
  // As if a class had not guessed yet.
  forget(name) {
    this.entries = this.entries.filter((e) => e.kind !== "prediction" || e.name !== name);
  }
  get isPlayed() {
    return this.events("played").length > 0;
  }
  // What counts of a step: of a prediction the first one ever, else a right answer, else the last one.
  own(kind, name) {
    if (kind === "prediction") return this.entries.find((e) => e.kind === kind && e.name === name);
    const events = this.events(kind, name);
    return events.find((e) => e.value.state === "right") ?? events.at(-1);
  }
  // How a step stands: "done", "tried" and not right yet, or "open".
  mark(kind, name) {
    const states = this.events(kind, name).map((e) => e.value.state),
      isJudged = (kind === "answer" || kind === "plan") && this.mode !== "exam";
    if (isJudged) return states.includes("right") ? "done" : states.length ? "tried" : "open";
    return states.length ? "done" : "open";
  }
}
