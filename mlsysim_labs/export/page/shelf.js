// Where the record is kept: in the browser's storage, and in the page itself, so that a page which is saved as a file
// carries it along. Where storage is refused it is in memory, and the page says so.

const REFUSED =
  "This browser keeps nothing for this page: what you do here is lost when you close it. Before you do, go to Hand in " +
  "and save the file, or copy the text.";
const FULL = "The browser's storage is full. Free some of it, then press Retry; or go on without saving.";

export class NotSaved extends Error {}

const keyOf = ({ lab, mode }) => `mlsysim-labs record${mode === "exam" ? " of the exam" : ""} ${lab}`;

// JSON, or nothing.
function parsed(text) {
  try {
    return JSON.parse(text || "null");
  } catch {
    return null;
  }
}

export class Shelf {
  constructor({ lab, mode }) {
    Object.assign(this, { lab, key: keyOf({ lab, mode }), note: "", isRefused: false, isMemory: false });
    this.carried = document.getElementById("page-record");
  }
  storage() {
    try {
      const storage = globalThis.localStorage;
      storage.setItem(`${this.key} ?`, "1");
      storage.removeItem(`${this.key} ?`);
      return storage;
    } catch (problem) {
      if (problem?.name === "QuotaExceededError") return globalThis.localStorage;
      return null; // in a frame, or where a browser keeps nothing
    }
  }
  // All that is known of the lab, in this browser and in the page.
  load() {
    const storage = this.storage();
    this.isRefused = this.isMemory = storage === null;
    const text = storage?.getItem(this.key),
      kept = text ? entriesIn(parsed(text), this.lab) : [];
    if (kept === null) {
      storage.setItem(`${this.key} unreadable ${Date.now()}`, text);
      this.note = "What this browser had kept of this lab could not be read. It was put aside.";
    }
    return merged(kept ?? [], entriesIn(parsed(this.carried?.textContent), this.lab) ?? []);
  }
  // The entries as they are kept now, with what another window has added; NotSaved where that cannot be.
  save(entries) {
    const storage = this.isRefused ? null : this.storage();
    let all = entries;
    try {
      const kept = entriesIn(parsed(storage?.getItem(this.key)), this.lab);
      all = kept ? merged(kept, entries) : entries;
      storage?.setItem(this.key, fileOf(all, this.lab));
      if (storage) this.isMemory = false;
    } catch {
      if (!this.isMemory) throw new NotSaved(FULL);
    }
    if (this.carried) this.carried.textContent = fileOf(all, this.lab).replaceAll("<", "\\u003c");
    return all;
  }
  // Go on where nothing can be written, as the student has asked for; until something can.
  goOn() {
    this.isMemory = true;
  }
  get warning() {
    return this.isMemory ? REFUSED : "";
  }
}
