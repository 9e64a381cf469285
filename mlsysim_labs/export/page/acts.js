// What a student does, done: checked, kept, and shown, as the kernel does it for a notebook. A module hears whether it
// was saved.

const DAMAGED =
  "What you did is kept. But what this file shows next cannot be read: it was changed, or is not whole. Get it " +
  "again, and open it in this browser.";

const refuse = (why) => {
  throw new AnswerError(why);
};
const countOf = (text) => text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g) ?? []).length;

// A guess that this prediction can have, or a sentence.
function checkedGuess(model, value) {
  const get = (name) => model.get(name);
  if (get("kind") === "choice")
    return get("options").includes(value) ? value : refuse(`Choose one of ${get("options").join(", ")}.`);
  if (typeof value === "string") value = guessOf(value, get("unit"));
  if (typeof value !== "number" || !(get("low") <= value && value <= get("high")))
    refuse(`Use a number from ${endsOf(model)}.`);
  if (get("whole") && value % 1) refuse(`Use a whole number: ${Math.floor(value)} or ${Math.ceil(value)}?`);
  return value;
}

// An answer that can be kept, or a sentence.
function checkedAnswer(model, value) {
  const kind = model.get("kind"),
    longest = LONGEST[kind];
  if (typeof value !== "string" || !value.trim()) refuse("Write your answer first.");
  const count = countOf(value);
  if (count > longest)
    refuse(`That is ${count.toLocaleString("en")} characters, and there is room for ${longest.toLocaleString("en")}.`);
  if (kind === "choice" && !model.get("options").includes(value))
    refuse(`Choose one of ${model.get("options").join(", ")}.`);
  return repaired(value, "?"); // half a character, as a page can send, fits into no file
}

export class Desk {
  constructor(page) {
    this.page = page;
    this.turn = Promise.resolve(); // one act after the other
    this.done = new Set();
    this.askedAbout = new Map(); // the text whose comma a task has asked about
  }
  hear(model, said) {
    if (typeof said?.id !== "string" || !said.id) return; // nobody who could be answered
    this.turn = this.turn.then(() => this.answer(model, said));
  }
  async answer(model, { kind, id, value, unkept }) {
    let reply = { saved: id };
    try {
      if (unkept === true) this.page.shelf.goOn();
      if (!this.done.has(id)) await this.act(model, kind, value, id);
      this.done.add(id);
    } catch (problem) {
      const more = { quiet: problem instanceof AnswerError, unkept: problem instanceof NotSaved };
      reply = { failed: id, why: problem.message, ...more };
    }
    model.trigger("msg:custom", reply);
  }
  async act(model, kind, value, id) {
    const { page } = this,
      name = model.get("name");
    const add = (event, what) => page.journal.add(event, name, what, id);
    const acts = {
      lock: () => this.lock(model, value, add),
      play: () => page.journal.add("played", "lab", {}, id),
      again: () => page.journal.isClass && page.journal.forget(name),
      restart: () => page.journal.add("restarted", "lab", {}, id),
      there: () => model.get("done") || add("explored", { by: value === "button" ? "button" : "hand" }),
      plan: () => add("plan", { settings: value, state: page.judgePlan(page.itemOf(name), value).state }),
      answer: () => this.take(model, checkedAnswer(model, value), add),
      hint: () => model.get("more_hints") && add("hint", { number: model.get("hints").length + 1 }),
      key: () => page.journal.isClass && add("key", { text: page.itemOf(name).key, state: "right" }),
    };
    if (!Object.hasOwn(acts, kind)) throw new Error(`This page does not know how to do ${kind}.`);
    await acts[kind]();
    try {
      await page.open();
    } catch {
      throw new Error(DAMAGED);
    }
    page.show(kind === "lock" ? name : "");
    if (kind === "play") say(setPreset(page));
  }
  lock(model, value, add) {
    if ("value" in model.get("locked")) return null; // the first one is kept
    const time = new Date().toISOString().replace(/\.\d+Z$/, "+00:00"),
      typed = model.get("kind") === "number" && typeof value === "string" ? { text: value } : {};
    return add("prediction", { value: checkedGuess(model, value), unit: model.get("unit"), time, ...typed });
  }
  take(model, text, add) {
    const { page } = this,
      name = model.get("name");
    if (name === "reflection") return add("reflection", { text });
    const item = page.itemOf(name),
      askedBefore = this.askedAbout.get(name) === trimmed(text);
    let verdict;
    try {
      verdict = page.judgeTask(item, text, { tries: model.get("tries") + 1, askedBefore });
    } catch (problem) {
      if (problem.code === "comma") this.askedAbout.set(name, trimmed(text));
      throw problem; // what is asked back about is no try
    }
    return add("answer", { text, state: verdict.state });
  }
}
