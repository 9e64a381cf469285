// Where the record is kept: in the browser's database and its plain storage, and in the page itself, so that a page
// which is saved as a file carries it along. Where both are refused it is in memory, and the page says so.

const REFUSED =
  "This browser keeps nothing for this page: what you do here is lost when you close it. Before you do, go to Hand " +
  "in and save the file, or copy the text.";
const FULL = "The browser's storage is full. Free some of it, then press Retry; or go on without saving.";
const ASIDE = "What this browser had kept of this lab could not be read. It was put aside.";

export class NotSaved extends Error {}

// Each student's is apart: on a shared computer several may open theirs.
const keyOf = ({ lab, mode, student, course, variant }) =>
  `mlsysim-labs record${mode === "exam" ? " of the exam" : ""} ${lab}` +
  (student || course || variant !== null ? ` ${JSON.stringify([course, student, variant])}` : "");

// JSON, or nothing.
function parsed(text) {
  try {
    return JSON.parse(text || "null");
  } catch {
    return null;
  }
}

// The browser's plain storage, or nothing where it is refused; one that is full can still be read.
function storageOf(key) {
  try {
    localStorage.setItem(`${key} ?`, "1");
    localStorage.removeItem(`${key} ?`);
    return localStorage;
  } catch (problem) {
    return problem?.name === "QuotaExceededError" ? localStorage : null;
  }
}

export class Shelf {
  constructor(data) {
    Object.assign(this, { lab: data.lab, key: keyOf(data), note: "", isMemory: false });
    this.carried = document.getElementById("page-record");
  }
  // All that is known of the lab, in this browser and in the page.
  async load() {
    this.storage = storageOf(this.key);
    this.database = await databaseOf();
    this.isMemory = !this.storage && !this.database;
    const texts = [this.carried?.textContent, this.storage?.getItem(this.key)];
    if (this.database) texts.push(await textAt(this.database, this.key).catch(() => ""));
    return this.carry(texts.map((text) => this.read(text)).reduce(merged, []));
  }
  carry(entries) {
    if (this.carried && entries.length) this.carried.textContent = fileOf(entries, this.lab).replaceAll("<", "\\u003c");
    return entries;
  }
  read(text) {
    const entries = text ? entriesIn(parsed(text), this.lab) : [];
    if (entries) return entries;
    this.note = ASIDE;
    this.storage?.setItem(`${this.key} unreadable ${Date.now()}`, text);
    return [];
  }
  // The entries as they are kept now, with what another window has added; NotSaved where that cannot be.
  async save(entries) {
    let all = entries;
    const joined = (text) => {
      all = merged(all, entriesIn(parsed(text), this.lab) ?? []);
      return fileOf(all, this.lab);
    };
    const ways = [
      this.storage && (() => this.storage.setItem(this.key, joined(this.storage.getItem(this.key)))),
      this.database && (() => changeText(this.database, this.key, joined)),
    ].filter(Boolean);
    const done = await Promise.allSettled(ways.map(async (way) => way())),
      isKept = done.some(({ status }) => status === "fulfilled");
    if (isKept) this.isMemory = false;
    else if (!this.isMemory) throw new NotSaved(FULL);
    return this.carry(all);
  }
  // Go on where nothing can be written, as the student has asked for; until something can.
  goOn() {
    this.isMemory = true;
  }
  get warning() {
    return this.isMemory ? REFUSED : "";
  }
}
