// What a student typed, read as readings.py and sides.py read it, from the same tables: one function here is one there,
// and a test compares them.

export function readerOf(tables) {
  const known = unitsOf(tables);
  const { units, rules, asked, inQuotes, lengthOf, pieceOf, SPELLINGS, keyOf, headOf, attempt, unitOf, spellingOf } =
    known;

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
    const summed = sumOfTimes(line);
    if (summed) return { ...summed, bound };
    const lead = line.slice(0, first).filter((one) => !["-", "+", "article"].includes(one.kind));
    const [above, under] = before(lead, text),
      [product, end] = multiplied(line, first, text, !above.length);
    let number = product,
      rest = withoutError(line.slice(end));
    const hasMoney = above.length > 0 && isMoney(above[0].text);
    const timesOf = ({ kind, text, value }) =>
      kind === "scale" ? value : hasMoney && /^[kKM]$/.test(text) ? units.prefixes[text][1] : 0;
    for (; rest.length && timesOf(rest[0]); rest = rest.slice(1)) number = scaled(number, timesOf(rest[0]));
    let unit = [...above, ...after(rest, text), ...under];
    if (!unit.length && all.some((one) => one.kind === "factor")) unit = [pieceOf("word", "x")];
    const read = unitOf(unit, typed);
    const { half, places } = number;
    return {
      ...{ number: sign * number.value, half, places, other: sign * number.other, read },
      ...{ spelled: spellingOf(unit), bound },
    };
  }

  function sumOfTimes(line) {
    const parts = line.filter(({ text }) => text.toLowerCase() !== "and"),
      numbers = parts.filter((_, i) => i % 2 === 0),
      names = parts.filter((_, i) => i % 2 === 1);
    if (names.length < 2 || names.length !== numbers.length || numbers.some(({ kind }) => kind !== "n")) return null;
    const known = names.map(({ text }) => SPELLINGS.get(text));
    const isTime = known.every((unit, i) => unit?.kind === "second" && !(i && unit.factor >= known[i - 1].factor));
    if (!isTime) return null;
    const [size, last] = [known[0].factor, known.at(-1).factor];
    const total = numbers.reduce((sum, { value }, i) => sum + value * known[i].factor, 0);
    const half = (numbers.at(-1).half * last) / size;
    return { number: total / size, half, places: 0, other: NaN, read: known[0], spelled: names[0].text };
  }

  function before(line, text) {
    if (!line.length) return [[], []];
    if (line[0].text === "/" && line.length === 1) throw asked("unclear", { text });
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

  const EQUAL = new Set(["=", "~", ":"]),
    ARROW = new Set(["→", "arrow"]),
    LINKS = new Set([...EQUAL, ...ARROW, ",", ";", "or"]);
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
    const isWay = EQUAL.has(link) && !first.half;
    if (isWay && !first.spelled && agree(first, second)) return second;
    const [kept, one] = [inUnitOf(first, second), inUnitOf(second, first)];
    if (headOf(kept.read) === headOf(one.read)) {
      for (const a of readings(kept))
        for (const b of readings(one)) if (agree(a, b)) return EQUAL.has(link) ? b : a;
    } else if (link === "(" || isWay) return link === "(" ? kept : one;
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
    const isName = isLabel && (kept.spelled || lengthOf(spellingOf(line)) === 1);
    if (!read || !headOf(read) || keyOf(read) === keyOf(kept.read) || isName) return kept;
    if (kept.spelled) throw asked("two units", { text });
    return { ...kept, read, spelled: spellingOf(line) };
  }

  return { ...known, sidesOf, result };
}
