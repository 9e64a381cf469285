// What a student typed, read as answers.py and its neighbours read it, from the same tables: one function here is one
// there, and a test compares them. Only what a misspelt unit may have meant is left to Python.

export function readerOf(tables) {
  const wording = wordingOf(tables);
  const { units, words, rules, sentences, fill, asked, whole, inQuotes, trimmed, cleaned, pieces, pieceOf } = wording;
  const { COUNTS, HOLDERS, BARE, SPELLINGS, FOLDED, unitMade, keyOf, headOf, isBare, countText } = wording;

  // Units ----------------------------------------------------------------------------------------------------------

  const BITS_OR_BYTES = whole(rules.bitsOrBytes),
    JOINED = whole(rules.joined),
    AMOUNT_OR_RATE = whole(rules.amountOrRate),
    AMOUNT = whole(rules.amount);
  const isArticle = (kind) => kind === "article" || kind === "each";
  const spellingOf = (line) => line.map((one, i) => (one.gap && i ? " " : "") + one.text).join("");
  const knownUnit = (spelled) => unitOf(pieces(cleaned(spelled)), spelled);

  function unitOf(line, spelled) {
    const parts = [[]];
    line.forEach((one, i) => {
      const last = parts.at(-1);
      const divides = isArticle(one.kind) && i + 1 < line.length && (last.length || one.kind === "each");
      if (one.kind === "/" || divides) parts.push([]);
      else if (!isArticle(one.kind) && one.kind !== "-") last.push(one);
    });
    const name = spellingOf(line);
    if (Object.hasOwn(units.rates, name)) return knownUnit(units.rates[name]);
    const [head, ...under] = parts,
      first = head.length === 1 && head[0].kind === "word" ? head[0].text : "";
    const below = under.map((part) => simple(part, spelled, true)),
      isAlone = below.every((one) => HOLDERS.has(one.kind)),
      meant = rate(first, isAlone);
    if (meant) return over(knownUnit(meant), below);
    if (isAlone && AMOUNT_OR_RATE.test(first) && !AMOUNT.test(first))
      throw asked("amount or rate", { text: inQuotes(first) });
    return over(simple(head, spelled, false), below);
  }

  function over(head, below) {
    const kept = below.filter((one) => one.kind || one.factor !== 1).map((one) => [one.kind, one.factor]);
    let under = [...head.below, ...kept].sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x - y));
    const factor = below.reduce((size, one) => size / one.factor, head.factor);
    let kind = [headOf(head), ...under.map(([one]) => one).filter(Boolean)].join("/");
    if (Object.hasOwn(units.same, kind)) [kind, under] = [units.same[kind], []];
    return { ...head, kind, factor, below: under };
  }

  function rate(name, isAlone) {
    for (const [ending, meant] of Object.entries(units.rates)) {
      if (!name.endsWith(ending) || (!isAlone && ending === "FLOPS")) continue;
      const start = name.slice(0, name.length - ending.length),
        stem = start + meant.split("/")[0];
      if (SPELLINGS.has(stem) || FOLDED.get(stem.toLowerCase())) return start + meant;
    }
    return "";
  }

  function simple(part, spelled, isBelow) {
    let times = 1;
    for (; part.length && (part[0].kind === "scale" || (isBelow && part[0].kind === "n")); part = part.slice(1)) {
      if (!units.round.includes(part[0].value)) throw asked("unclear", { text: inQuotes(spelled) });
      times *= part[0].value;
    }
    if (!part.length) return unitMade("", times);
    let name = spellingOf(part);
    const [first, second] = part.map((one) => SPELLINGS.get(one.text));
    if (part.length === 2 && first && second && keyOf(first) === keyOf(second)) name = part[0].text;
    if (part.length === 2 && JOINED.test(part[0].text)) name = part[0].text + part[1].text;
    if (part.some((one) => one.kind !== "word" && one.kind !== "×")) throw unknown(name);
    if (BITS_OR_BYTES.test(name))
      throw asked("bits or bytes", { text: inQuotes(name), bits: name + "it", bytes: name.slice(0, -1) + "B" });
    if (BARE.has(name)) return unitMade("", units.prefixes[name][1] * times, name);
    const found = SPELLINGS.get(name) ?? FOLDED.get(name.toLowerCase());
    if (!found) throw unknown(name);
    return times === 1 ? found : { ...found, factor: found.factor * times };
  }

  function unknown(name) {
    const alike = [...SPELLINGS.keys()].filter((known) => known.toLowerCase() === name.toLowerCase());
    const move = alike.length ? fill("did you mean", { names: alike.join(" or ") }) : fill("use one like");
    return new AnswerError(`${fill("unknown unit", { text: inQuotes(name) })} ${move}`, "unknown unit");
  }

  // One number with its unit ---------------------------------------------------------------------------------------

  const isTimes = (text) => text === "x" || text === "X" || text === "×";
  const isMoney = (text) => ["$", "USD", "usd", "¢"].includes(text);
  const isBound = (one) => one.kind === "most" || one.kind === "least";
  const scaled = (one, times) => ({
    ...one,
    ...{ value: one.value * times, half: one.half * times, other: one.other * times },
  });

  function reading(all, typed) {
    const text = inQuotes(typed),
      bound = all.find(isBound)?.kind ?? "";
    if (all.some((one) => one.kind === "beyond")) throw asked("beyond", { text });
    const money = all.find((one) => one.kind === "currency");
    if (money) throw asked("currency", { text: inQuotes(money.text) });
    const line = all.filter((one) => !isBound(one) && one.kind !== "factor"),
      first = line.findIndex((one) => one.kind === "n"),
      sign = first && line[first - 1].kind === "-" ? -1 : 1;
    const lead = line.slice(0, first).filter((one) => !["-", "+", "article"].includes(one.kind));
    const [above, under] = before(lead, text),
      [product, end] = multiplied(line, first, text, !above.length);
    let number = product,
      rest = withoutError(line.slice(end));
    for (; rest[0]?.kind === "scale"; rest = rest.slice(1)) number = scaled(number, rest[0].value);
    let unit = [...above, ...after(rest, text), ...under];
    if (!unit.length && all.some((one) => one.kind === "factor")) unit = [pieceOf("word", "x")];
    const read = unitOf(unit, typed);
    const { half, places } = number;
    return {
      ...{ number: sign * number.value, half, places, other: sign * number.other, read },
      ...{ spelled: spellingOf(unit), bound },
    };
  }

  function before(line, text) {
    if (!line.length) return [[], []];
    if (line[0].kind === "/" || line[0].kind === "each") return [[], line.length === 1 ? [] : line];
    if (line.length === 1 && (isTimes(line[0].text) || isMoney(line[0].text)))
      return [[{ ...line[0], kind: "word" }], []];
    throw asked(line[0].kind === "to" ? "range" : "late", { text });
  }

  function multiplied(line, start, text, divides) {
    let [number, at] = power(line, start, text);
    while (line[at + 1]?.kind === "n") {
      const sign = isTimes(line[at].text) ? "*" : line[at].kind,
        isQuotient = sign === "/" || sign === ":";
      if (sign !== "*" && !(isQuotient && divides)) break;
      const isTen = line[at + 2]?.kind === "^" && line[at + 1].value === 10;
      let factor;
      [factor, at] = power(line, at + 1, text);
      if (isQuotient) {
        if (!factor.value) throw asked("unclear", { text });
        number = pieceOf("n", "", number.value / factor.value);
      } else if (isTen && factor.value < 1) {
        const times = 1 / factor.value,
          [value, half, other] = [number.value / times, number.half / times, number.other / times];
        number = { ...number, value, half, other };
      } else {
        const [half, other] = isTen ? [number.half * factor.value, number.other * factor.value] : [0, NaN];
        number = pieceOf("n", "", number.value * factor.value, half, number.places, other);
      }
    }
    return [number, at];
  }

  function power(line, start, text) {
    const base = line[start];
    let at = start + 1;
    if (line[at]?.kind !== "^") return [base, at];
    const sign = line[at + 1]?.kind;
    at += sign === "-" || sign === "+" ? 2 : 1;
    const exponent = line[at]?.kind === "n" ? line[at].value : NaN,
      isChained = line[at + 1]?.kind === "^";
    if (!(exponent <= rules.largestPower) || exponent % 1 || isChained || (!base.value && sign === "-"))
      throw asked("several", { text });
    return [pieceOf("n", "", raised(base.value, sign === "-" ? -exponent : exponent)), at + 1];
  }

  // By multiplication alone, which is the same in every language.
  function raised(base, exponent) {
    if (base === 10) return Number(`1e${exponent}`);
    let found = 1;
    for (let i = 0; i < Math.abs(exponent); i++) found *= base;
    return exponent >= 0 ? found : found ? 1 / found : Infinity;
  }

  function withoutError(rest) {
    const at = rest.findIndex((one) => one.kind === "±");
    if (at < 0 || rest[at + 1]?.kind !== "n") return rest;
    return at ? rest.slice(0, at) : rest.slice(2);
  }

  function after(rest, text) {
    const unit = [];
    rest.forEach((one, i) => {
      const previous = rest[i - 1]?.kind,
        last = unit.at(-1)?.text;
      if (one.kind === "n" && previous !== "/")
        throw asked(previous === "-" || previous === "to" ? "range" : "several", { text });
      if (one.kind === "faster" && (isTimes(last) || last === "times" || last === "fold")) return;
      if (one.kind !== "-" && one.kind !== "to") unit.push(one);
    });
    return unit;
  }

  // Sides of an equation, brackets, and what counts ----------------------------------------------------------------

  const EQUAL = new Set(["=", "~"]),
    ARROW = new Set(["→", "arrow"]),
    LINKS = new Set([...EQUAL, ...ARROW, ",", ";", "or", ":"]);
  const hasNumber = (line) => line.some((one) => one.kind === "n");
  const valueOf = (one) => one.number * one.read.factor;

  function sidesOf(line) {
    const found = [{ link: "", line: [] }];
    let outer = 0;
    for (let at = 0; at < line.length; at++) {
      const one = line[at],
        last = found.at(-1);
      const isQuotient = one.kind === ":" && line[at - 1]?.kind === "n" && line[at + 1]?.kind === "n";
      if (one.kind === "function") {
        if (line[at + 1]?.kind !== "(") continue;
        const [number, end] = wholeOf(line, at);
        last.line.push(number);
        at = end;
      } else if (one.kind === "(") {
        if (last.link !== "(") outer = found.length - 1;
        found.push({ link: "(", line: [] });
      } else if (one.kind === ")") found.push({ link: ")", line: found[outer].line });
      else if (LINKS.has(one.kind) && !isQuotient) found.push({ link: last.link === "(" ? "(" : one.kind, line: [] });
      else last.line.push(one);
    }
    return found.filter((side) => side.line.length && side.link !== ")");
  }

  const attempt = (act, otherwise) => {
    try {
      return act();
    } catch (problem) {
      if (problem instanceof AnswerError) return otherwise(problem);
      throw problem;
    }
  };

  function wholeOf(line, at) {
    const close = line.findIndex((one, i) => i >= at && one.kind === ")"),
      end = close < 0 ? line.length : close;
    const inner = line.slice(at + 2, end),
      { gap } = line[at],
      name = line[at].text.toLowerCase();
    const value = hasNumber(inner) ? attempt(() => reading(inner, "").number, () => NaN) : NaN;
    if (!Number.isFinite(value)) return [pieceOf("unclear", line[at].text, 0, 0, 0, NaN, gap), end];
    const count = name.startsWith("ceil") ? Math.ceil(value) : Math.floor(value + (name === "round" ? 0.5 : 0));
    return [pieceOf("n", name, count, 0, 0, NaN, gap), end];
  }

  function result(found, typed) {
    const text = inQuotes(typed),
      numbers = found.filter((side) => hasNumber(side.line));
    if (!numbers.length) throw typed ? asked("no number", { text }) : asked("empty");
    let kept = null,
      problem = null;
    for (const { link, line } of numbers) {
      const one = attempt(
        () => reading(line, typed),
        (error) => error,
      );
      if (one instanceof AnswerError) {
        problem = one;
        continue;
      }
      if (EQUAL.has(link) || ARROW.has(link)) problem = null; // what cannot be read was only the way here
      kept = kept === null || ARROW.has(link) ? one : joined(kept, one, link, text);
    }
    if (problem || kept === null) throw problem ?? asked("unclear", { text });
    for (const side of found) if (!hasNumber(side.line)) kept = withUnit(kept, side.line, side === found[0], text);
    return kept;
  }

  function joined(first, second, link, text) {
    const inUnitOf = (one, { read, spelled }) => (one.spelled ? one : { ...one, read, spelled });
    const [kept, one] = [inUnitOf(first, second), inUnitOf(second, first)];
    if (headOf(kept.read) === headOf(one.read)) {
      for (const a of readings(kept))
        for (const b of readings(one)) if (agree(a, b)) return EQUAL.has(link) ? b : a;
    } else if (link === "(") return kept;
    throw asked(link === "or" ? "range" : "differ", { text });
  }

  function readings(one) {
    if (isNaN(one.other)) return [one];
    return [one, { ...one, number: one.other, half: (one.half * one.other) / one.number, other: NaN }];
  }

  function agree(a, b) {
    const [x, y] = [valueOf(a), valueOf(b)];
    const open = Math.max(a.half * a.read.factor, b.half * b.read.factor) + 1e-9 * Math.max(Math.abs(x), Math.abs(y));
    return x === y || Math.abs(x - y) <= open;
  }

  function withUnit(kept, line, isLabel, text) {
    const read = attempt(
      () => unitOf(line, ""),
      () => null,
    );
    if (!read || !headOf(read) || keyOf(read) === keyOf(kept.read) || (isLabel && kept.spelled)) return kept;
    if (kept.spelled) throw asked("two units", { text });
    return { ...kept, read, spelled: spellingOf(line) };
  }

  return { ...wording, knownUnit, isBare, COUNTS, countText, sentences, words, attempt, trimmed, sidesOf, result };
}
