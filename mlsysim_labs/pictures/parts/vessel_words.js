// What a vessel says: who has room, what is short, and what to try first.

const AMOUNTS = ["capacity", "weights", "cache", "reserve", "users"];
const SLACK = 0.5; // [byte] less is rounding
const REMEDIES = {
  chip: ["a chip with more memory, several chips, or narrower weights", "a larger chip, or narrower weights"],
  fewer: ["fewer users at once, or a shorter context", "fewer users, or a shorter context"],
  shorter: ["a shorter context"],
};

const three = new Intl.NumberFormat("en", { minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
const isAmount = (x) => Number.isFinite(x) && x >= 0;
const inUnit = (x, unit) => {
  const n = x / (unit === "GiB" ? 2 ** 30 : 1e9);
  return x <= SLACK ? "0" : n < 1e9 || n === Infinity ? three.format(n) : brief(n);
};
const sizeIn = (unit) => (x) => `${inUnit(x, unit)} ${unit}`;
const tally = (n) => (n < 1e9 ? whole.format(n) : brief(n));
const usersFit = (n) => `${tally(n)} user${n === 1 ? " fits" : "s fit"}`;
const wait = (n) => `${tally(n)} wait${n === 1 ? "s" : ""}`;
const shortName = (chip) =>
  chip.replace(/^(NVIDIA|AMD Instinct|AMD|Intel|Google|Apple) /, "").replace(/ (SXM\d?|PCIe|\(|\d+ GB).*$/, "");
const article = (name) => (/^[AEFHILMNORSX][A-Z\d]|^[AEIO][a-z]/.test(name) ? "An" : "A");

const isPosed = (v) => v.posed >= 0.5;
const isGiven = (v) => {
  const needed = isPosed(v) ? ["capacity", "weights", "reserve"] : AMOUNTS;
  return needed.every((name) => isAmount(v[name])) && v.capacity > 0 && v.weights + v.cache + v.reserve !== Infinity;
};

// Who has room: what users may fill, how many they are, what each keeps, and how many are inside and outside.
function fillingOf(v, cache = v.cache) {
  const room = v.capacity - v.reserve - v.weights,
    n = v.users > 0 ? Math.max(1, Math.round(v.users)) : cache > SLACK ? 1 : 0,
    share = v.users > 0 ? cache / v.users : cache;
  const inside = room < -SLACK ? 0 : Math.min(n, Math.floor((Math.max(room, 0) + SLACK) / share) || 0);
  return { room, n, share, inside, out: n - inside, spare: room - n * share };
}
const guessOf = ({ guess }) => (isAmount(guess) ? Math.round(guess) : NaN);

// Weights that do not fit, with or without the reserve; "" where they do.
function weightsSay({ capacity, weights, reserve }, size) {
  if (weights > capacity + SLACK) return `The weights alone do not fit: ${size(weights - capacity)} are missing.`;
  const lacking = weights + reserve - capacity;
  return lacking > SLACK ? `Weights and reserve together are ${size(lacking)} too large.` : "";
}

function posedSays(v, { room }, size) {
  const guess = guessOf(v),
    chip = shortName(v.chip) || "chip";
  if (isNaN(guess)) return `${article(chip)} ${chip} with ${v.model || "its weights"} in it, and nobody served yet.`;
  if (guess === 0) return "Nobody would fit.";
  return guess === 1
    ? `1 user would keep all ${size(room)}.`
    : `${tally(guess)} users would keep ${size(room / guess)} each.`;
}

function say(v) {
  if (!isGiven(v)) return "";
  const size = sizeIn(v.unit),
    now = fillingOf(v),
    { n, inside, out, spare } = now,
    lacking = weightsSay(v, size);
  if (lacking) return lacking;
  if (isPosed(v)) return posedSays(v, now, size);
  if (!n || !(v.users || out)) return `${size(spare)} of ${size(v.capacity)} are free.`;
  const left = spare > SLACK ? `${size(spare)} to spare` : "nothing to spare",
    short = `short by ${size(-spare)}.`;
  if (!v.users) return `The KV cache does not fit: ${short}`;
  const everybody = n === 1 ? usersFit(1) : n === 2 ? "Both users fit" : `All ${usersFit(n)}`;
  if (!out) return `${everybody}, with ${left}.`;
  const who = inside ? usersFit(inside) : "Nobody fits";
  return `${who}; ${wait(out)} outside, ${short}`;
}

// What to try first, in more words and in fewer; none while all have room.
function remedies(v) {
  const { room, n, inside, out } = fillingOf(v);
  if (room < -SLACK || (n && out && room <= SLACK)) return REMEDIES.chip;
  return isPosed(v) || !out ? [] : inside ? REMEDIES.fewer : REMEDIES.shorter;
}

const keptBack = (v) => {
  const share = v.reserve / v.capacity;
  if (share > 1) return "";
  return Math.abs(share - 0.1) < 0.0005 ? "a tenth is kept back" : `${percent(share)} are kept back`;
};

// What is said of the guess beside the vessel, a line each; the last one is the learner's.
function posedLines(v, slim) {
  const size = sizeIn(v.unit),
    { room } = fillingOf(v),
    n = guessOf(v),
    all = `${size(room)} are free.`;
  if (room <= SLACK) return [];
  if (isNaN(n) && slim) return [all, "How high is the", "share of one user?"];
  if (isNaN(n)) return [all, "How high is one user's share?", "Drag it in the empty room."];
  if (!n) return [all];
  const who = `If ${usersFit(n)},`,
    keeps = n === 1 ? "that one keeps" : "each keeps";
  return [all, ...(slim ? [who, keeps] : [`${who} ${keeps}`]), `${size(room / n)}.`];
}

const tileSays = (group) => (group > 1 ? `a tile is ${group === 10 ? "ten" : tally(group)} users` : "");
