// The one JSON text of a value, as Python writes it: keys in order, ASCII alone, numbers with Python's exponents.

const MOST_WHOLE = 2 ** 53; // whole numbers up to there are whole in both languages

// The text with halves of characters replaced, since no file can hold one.
export const repaired = (text, by = "\ufffd") => text.replace(/\p{Surrogate}/gu, by);

const escaped = (text) =>
  JSON.stringify(text).replace(/[\u007f-\uffff]/g, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));

function numberText(x) {
  if (!Number.isFinite(x)) throw new Error("A record can't hold NaN or infinity.");
  const isWhole = Number.isInteger(x),
    size = Math.abs(x);
  if (isWhole && size <= MOST_WHOLE) return String(x === 0 ? 0 : x);
  if (size >= 1e16 || size < 1e-4) {
    const [digits, power] = x.toExponential().split("e");
    return `${digits}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }
  return isWhole ? `${x}.0` : String(x);
}

// Python puts keys in the order of their characters, and not of the halves of them.
function inOrder(a, b) {
  const [x, y] = [[...a], [...b]],
    i = x.findIndex((c, k) => c !== y[k]);
  if (i < 0) return x.length - y.length;
  return i >= y.length ? 1 : x[i].codePointAt(0) - y[i].codePointAt(0);
}

export function canonical(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return numberText(value);
  if (typeof value === "string") return escaped(repaired(value));
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const keys = Object.keys(value).sort(inOrder);
  return `{${keys.map((key) => `${canonical(key)}:${canonical(value[key])}`).join(",")}}`;
}
