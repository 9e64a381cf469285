// What a student did, as `records` keeps it: entries in a chain of hashes, a file, and lines to copy.

const FORMAT = 2,
  TITLE = "mlsysim-labs record",
  LINE = 76, // letters, which mail passes on unwrapped
  MOST_TEXT = 1_000_000; // bytes of a record that travels as text
const FIELDS = ["hash", "id", "kind", "lab", "name", "previous", "session", "time", "value"];

const hex = (byte) => byte.toString(16).padStart(2, "0");
export const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map(hex).join("");

// Where an entry stands: by its time, then by what no two have in common.
const before = (a, b) => {
  const [x, y] = [a, b].map(({ time, id, hash }) => [time, id, hash].join("\n"));
  return x < y ? -1 : +(x > y);
};
const later = (time, than) => (than && time <= than ? new Date(Date.parse(than) + 1).toISOString() : time);

// A new entry after all that is known.
export function entryAfter(entries, lab, { id, kind, name, value, session }) {
  const last = entries.at(-1);
  const entry = {
    ...{ id, kind, lab, name, session, value: JSON.parse(canonical(value)) },
    previous: last?.hash ?? sha256(`${TITLE} ${FORMAT} ${lab}`),
    time: later(new Date().toISOString(), last?.time),
  };
  return { ...entry, hash: sha256(canonical(entry)) };
}

// The entries of both, each once, in order.
export function merged(some, others) {
  const found = new Map([...some, ...others].map((entry) => [entry.hash, entry]));
  return [...found.values()].sort(before);
}

// The entries of a lab in what was kept; nothing where that is no whole record.
export function entriesIn(found, lab) {
  const isEntry = (entry) =>
    FIELDS.every((name) => typeof entry?.[name] === (name === "value" ? "object" : "string") && entry[name] !== null);
  if (found?.record !== FORMAT || found.lab !== lab || !Array.isArray(found.entries)) return null;
  return found.entries.every(isEntry) ? merged(found.entries, []) : null;
}

export const fileOf = (entries, lab) =>
  `{"entries":[\n${entries.map(canonical).join(",\n")}\n],"lab":${canonical(lab)},"record":${FORMAT}}\n`;

// The lines to copy; nothing where they would be too long.
export async function linesOf(entries, lab) {
  const data = new TextEncoder().encode(fileOf(entries, lab));
  if (data.length > MOST_TEXT) return "";
  const bytes = await zipped(data),
    letters = base64(bytes).match(new RegExp(`.{1,${LINE}}`, "g"));
  return [`${TITLE} ${FORMAT} ${lab}`, ...letters, `end of record ${sha256(bytes).slice(0, 8)}`, ""].join("\n");
}
