// What was typed, in plain signs and as pieces, as wording.py has it and from the same tables; spellings of units, too.

export class AnswerError extends Error {
  constructor(said, code) {
    super(said);
    this.code = code;
  }
}

export function wordingOf({ units, words, rules, sentences }) {
  const pattern = (text) => new RegExp(text, "gu"),
    whole = (text) => new RegExp(`^(?:${text})$`, "u"),
    rewritten = (pairs) => pairs.map(([old, meant]) => [pattern(old), meant]);
  const fill = (name, places = {}) => sentences[name].replace(/\{([a-z]+)\}/g, (_, place) => places[place]);
  const asked = (name, places) => new AnswerError(fill(name, places), name);
  const inQuotes = (text) =>
    `“${text.replace(pattern(rules.hidden), " ").replace(pattern(rules.halves), "\ufffd")}”`;
  const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");

  // Spellings ------------------------------------------------------------------------------------------------------

  const COUNTS = new Set(units.counts.split(" ")),
    PLURALS = new Set(units.plurals.split(" ")),
    HOLDERS = new Set(units.holders.split(" ")),
    BARE = new Set(units.bare.split(" "));
  const SPELLINGS = new Map(),
    FOLDED = new Map();
  const unitMade = (kind, factor, prefix = "", stem = "", below = []) => ({ kind, factor, prefix, stem, below });
  const keyOf = (unit) => JSON.stringify(unit);
  for (const [kind, name, size, prefixes, list] of units.units) {
    for (const prefix of ["", ...prefixes.split(" ").filter(Boolean)]) {
      const [long, times] = prefix ? units.prefixes[prefix] : ["", 1];
      const made = unitMade(kind, size * times, prefix === "K" ? "k" : prefix, name);
      for (const word of list.split(" ")) {
        SPELLINGS.set(prefix + word, made);
        if ([...word].length > 2 && (long || !prefix)) SPELLINGS.set(long + word, made);
      }
    }
  }
  for (const [name, one] of SPELLINGS) {
    const folded = name.toLowerCase(),
      known = FOLDED.get(folded);
    FOLDED.set(folded, known === undefined || (known && keyOf(known) === keyOf(one)) ? one : null);
  }
  const headOf = (unit) => unit.kind.split("/")[0];
  const isBare = (unit) => !unit.prefix && !unit.stem && !unit.kind;
  const stemOf = (unit) => (unit.endsWith("s") ? unit.slice(0, -1) : unit);
  const isCounted = (unit) => PLURALS.has(stemOf(unit));
  const countText = (number, unit) =>
    `${number} ${isCounted(unit) ? stemOf(unit) + (number === "1" ? "" : "s") : unit}`.trim();

  // Wording --------------------------------------------------------------------------------------------------------

  const SPACE = whole(rules.spaces),
    ASIAN = new RegExp(rules.asian, "u"),
    POINT = whole(rules.point),
    AMBIGUOUS = whole(rules.ambiguous);
  const [RAISED, LEVEL] = rules.raised;
  const SIGNS = new Map(Object.entries(rules.signs).flatMap(([plain, signs]) => [...signs].map((one) => [one, plain])));
  for (const zero of rules.zeros)
    for (let i = 0; i < 10; i++) SIGNS.set(String.fromCodePoint(zero.codePointAt(0) + i), String(i));
  const EARLY = rewritten(rules.early),
    LATE = rewritten(rules.late);
  const { number, exponent, symbol, word } = rules;
  const NEXT = pattern(`(${number})(?:${exponent})?|(${symbol})|(${word})|( )|.`);
  const THOUSANDS = [
    ...rules.thousands.map(([shape, mark]) => [whole(shape), mark, ""]),
    ...rules.europeanThousands.map(([shape, mark]) => [whole(shape), mark, ","]),
  ];
  const KINDS = new Map(
    Object.entries(rules.kindOfSign).flatMap(([kind, signs]) => [...signs].map((one) => [one, kind])),
  );
  const ROLES = new Map();
  const listed = (text) => text.split(", ").flatMap((entry, i) => (i ? [entry] : entry.split(" ").filter(Boolean)));
  for (const kind of rules.listed.split(" "))
    for (const text of Object.values(words[kind])) for (const entry of listed(text)) ROLES.set(entry, [kind, 0]);
  for (const kind of rules.valued.split(" "))
    for (const [value, text] of Object.entries(words[kind]))
      for (const entry of listed(text)) ROLES.set(entry, [kind, kind === "unit" ? value : Number(value)]);
  const unspaced = [...ROLES.keys()].filter((one) => ASIAN.test(one[0])).sort((a, b) => b.length - a.length);
  const UNSPACED = pattern(unspaced.join("|"));
  const pieceOf = (kind, text, value = 0, half = 0, places = 0, other = NaN, gap = false) => ({
    ...{ kind, text, value, half, places, other, gap },
  });

  function trimmed(text) {
    if (text.length > rules.hopeless && lengthOf(text) > rules.hopeless) return text;
    let first = 0,
      last = text.length;
    while (first < last && SPACE.test(text[first])) first++;
    while (last > first && SPACE.test(text[last - 1])) last--;
    return text.slice(first, last);
  }

  function lengthOf(text) {
    let count = 0;
    for (const _ of text) count++;
    return count;
  }

  function cleaned(text) {
    let typed = trimmed(text);
    if (lengthOf(typed) <= rules.longest) {
      const raisedRun = /[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+/g;
      typed = typed.replace(raisedRun, (run) => "^" + [...run].map((one) => LEVEL[RAISED.indexOf(one)]).join(""));
      for (const [old, meant] of EARLY) typed = typed.replace(old, meant);
      typed = typed.normalize("NFKC");
    }
    const count = lengthOf(typed);
    if (count > rules.longest) throw asked("long", { count: grouped(String(count)), longest: rules.longest });
    let plain = [...typed].map((one) => SIGNS.get(one) ?? one).join("");
    for (const [old, meant] of LATE) plain = plain.replace(old, meant);
    plain = plain.replace(pattern(rules.spaces), " ").replace(/^ +/, "");
    // No text.at(-1): the one that Notebook 6.5 brings gives nothing, which every text includes.
    while (plain && rules.edge.includes(plain[plain.length - 1])) plain = plain.slice(0, -1);
    return plain;
  }

  const pieces = (plain) => numerals(played(cut(plain.replace(UNSPACED, (found) => ` ${found} `))));

  function cut(plain) {
    const found = [];
    let gap = false;
    for (const [, digits, power, sign, name, space] of plain.matchAll(NEXT)) {
      if (digits) found.push(numberPiece(digits, power ?? "0", gap));
      else if (sign) found.push(pieceOf(KINDS.get(sign) ?? sign, sign, 0, 0, 0, NaN, gap));
      else if (name) found.push(pieceOf("word", name, 0, 0, 0, NaN, gap));
      gap = Boolean(space);
    }
    return found;
  }

  function numberPiece(text, power, gap) {
    const plain = decimal(text),
      places = (plain.split(".")[1] ?? "").length;
    const isAmbiguous = power === "0" && AMBIGUOUS.test(text);
    const turned = text.includes(".") ? text.replaceAll(".", "") : text.replaceAll(",", ".");
    const half = Number(`5e${Math.max(-999, Math.min(999, Number(power))) - places - 1}`);
    return pieceOf("n", text, Number(`${plain}e${power}`), half, places, isAmbiguous ? Number(turned) : NaN, gap);
  }

  function decimal(text) {
    if (POINT.test(text)) return text.replaceAll("_", "");
    for (const [shape, mark, comma] of THOUSANDS) {
      if (!shape.test(text)) continue;
      const plain = text.replaceAll(mark, "");
      return comma ? plain.replaceAll(comma, ".") : plain;
    }
    throw asked("two ways", { text: inQuotes(text) });
  }

  function played(line) {
    const found = [];
    for (let at = 0, gap = false; at < line.length; ) {
      const piece = line[at];
      let [count, kind, value] = [1, piece.kind, piece.value];
      const mayPlay = ROLES.has(piece.text) || !SPELLINGS.has(piece.text);
      if (kind === "word" && mayPlay) [count, kind, value] = part(line, at);
      const isIdle = kind === "" || kind === "idle";
      if (kind === "unit") found.push(pieceOf("word", String(value), 0, 0, 0, NaN, piece.gap || gap));
      else if (!isIdle) {
        const text = line.slice(at, at + count).map((one) => one.text);
        const more = { text: text.join(" "), value: kind === "infinite" ? Infinity : value, gap: piece.gap || gap };
        found.push({ ...piece, kind: kind === "per" ? "/" : kind, ...more });
      }
      gap = isIdle;
      at += count;
    }
    return found;
  }

  function part(line, at) {
    const names = [];
    for (const piece of line.slice(at, at + 4)) {
      if (piece.kind !== "word") break;
      names.push(piece.text.toLowerCase());
    }
    for (let count = names.length; count > 1; count--) {
      const found = ROLES.get(names.slice(0, count).join(" "));
      if (found) return [count, ...found];
    }
    return [1, ...(ROLES.get(line[at].text) ?? ROLES.get(names[0]) ?? ["word", 0])];
  }

  const isNumeral = (kind) => kind === "number" || kind === "tens" || kind === "share";

  function numerals(line) {
    const found = [];
    for (let at = 0; at < line.length; at++) {
      const one = line[at];
      if (isNumeral(one.kind) && (!rules.unfinished.includes(one.text.toLowerCase()) || at + 1 < line.length)) {
        const [end, value] = counted(line, at);
        found.push(pieceOf("n", one.text, value, value % 1 ? 0 : 0.5, 0, NaN, one.gap));
        at = end - 1;
      } else if (one.kind === "multiple") {
        found.push(pieceOf("n", one.text, one.value, 0.5, 0, NaN, one.gap), pieceOf("word", "x"));
      } else found.push(one.kind === "infinite" ? { ...one, kind: "n" } : one);
    }
    return found;
  }

  function counted(line, at) {
    let total = 0,
      current = NaN,
      joined = false;
    for (; at < line.length; at++) {
      const { kind, value } = line[at],
        none = isNaN(current);
      if (kind === "number" && (none || (current % 10 === 0 && (value < 10 || current % 100 === 0))))
        current = none ? value : current + value;
      else if (kind === "tens") current = none ? value : current * value;
      else if (kind === "share") current = none ? value : joined ? current + value : current * value;
      else if (kind === "scale") [total, current] = [total + (none ? 1 : current) * value, NaN];
      else if (!isBetween(line, at)) break;
      joined = kind === "word" || (joined && kind === "article");
    }
    return [at, isNaN(current) ? total : total + current];
  }

  function isBetween(line, at) {
    const joins = line[at].kind === "-" || line[at].kind === "article" || line[at].text === "and";
    const later = line.slice(at + 1).find((one) => one.kind !== "article")?.kind;
    return joins && (isNumeral(later) || later === "scale");
  }

  return {
    ...{ units, sentences, words, rules, fill, asked, pattern, whole, inQuotes, grouped },
    ...{ lengthOf, trimmed, cleaned, pieces, pieceOf, COUNTS, HOLDERS, BARE, SPELLINGS, FOLDED },
    ...{ unitMade, keyOf, headOf, isBare, countText },
  };
}
