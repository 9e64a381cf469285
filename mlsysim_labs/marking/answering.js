// An answer, or a guess, of what was typed, and what is asked back before it is judged: answers.py and question.py.

export function answersOf(tables) {
  const reader = readerOf(tables);
  const { units, words, rules, fill, asked, whole, pattern, inQuotes, trimmed, cleaned, pieces } = reader;
  const { COUNTS, headOf, isBare, unitMade, countText, knownUnit, attempt, sidesOf, result } = reader;
  const INFEASIBLE = "infeasible";

  const REMARK = whole(rules.remark);
  const { zh, ja, ...spaced } = words.infeasible;
  const SPACED = whole(
    Object.values(spaced)
      .map(([opening, core, ending]) => `(?:${opening} )*(?:${core})(?: ${ending})*`)
      .join("|"),
  );
  const RUN_ON = whole([zh, ja].map(([opening, core, ending]) => `${opening}*(?:${core})${ending}*`).join("|"));

  function answerOf(text) {
    const typed = trimmed(text),
      plain = cleaned(typed);
    const refused = { kind: INFEASIBLE, value: NaN, number: NaN, half: 0, places: 0, other: NaN };
    if (isRefused(plain, typed)) return { ...refused, text: typed, unit: "", bound: "", read: unitMade("", 1) };
    const { number, half, places, other, bound, read, spelled } = result(sidesOf(pieces(plain)), typed),
      value = number * read.factor;
    if (Math.abs(value) === Infinity && (half || Number.isFinite(number)))
      throw asked("too large", { text: inQuotes(typed) });
    if (isNaN(value)) throw asked("unclear", { text: inQuotes(typed) });
    return {
      ...{ value, unit: spelled, kind: read.kind, text: typed, number },
      ...{ half: half * read.factor, places, other, bound, read },
    };
  }

  function saysInfeasible(plain) {
    const words = plain.toLowerCase().replaceAll("'", "").replace(pattern(rules.letterless), " "),
      letters = words.replace(/^ +| +$/g, "");
    return SPACED.test(letters) || RUN_ON.test(letters.replaceAll(" ", ""));
  }

  function isRefused(plain, typed) {
    if (saysInfeasible(plain)) return true;
    const sides = REMARK.exec(plain)?.slice(1, 3) ?? [],
      said = sides.map(saysInfeasible);
    if (!said.includes(true)) return false;
    const other = sides[1 - said.indexOf(true)];
    if (!/\d/.test(other) || isZero(other)) return true;
    throw asked("both", { text: inQuotes(typed) });
  }

  const isZero = (plain) =>
    attempt(
      () => result(sidesOf(pieces(plain)), plain).number === 0,
      () => false,
    );

  // What a question asks back --------------------------------------------------------------------------------------

  const wordOf = (part) => units.kinds[part];
  const kindText = (kind) =>
    kind.startsWith("/")
      ? "a number" +
        kind
          .slice(1)
          .split("/")
          .map((part) => ` per ${wordOf(part)}`)
          .join("")
      : kind.split("/").map(wordOf).join(" per ");

  function answerTo(given, unit, isWhole = false) {
    const wanted = knownUnit(unit),
      text = inQuotes(given.text);
    if (given.kind === INFEASIBLE || !Number.isFinite(given.number)) return given;
    const isCount = isWhole || COUNTS.has(wanted.kind);
    if ((given.bound === "most" && !isCount) || (given.bound === "least" && wanted.kind !== "chip"))
      throw asked("beyond", { text });
    const answer = withoutCounts(given, wanted),
      { read } = answer;
    if (read.prefix && !read.stem) return ofPrefix(answer, wanted, unit);
    if (isBare(read)) return ofBare(answer, wanted, unit);
    if (!answer.kind && COUNTS.has(wanted.kind) && read.factor === 1)
      throw asked("ratio", { text, wanted: kindText(wanted.kind) });
    const missing = without(wanted.below, read.below),
      more = without(read.below, wanted.below);
    const isShort = missing.length > 0 && missing.every(([kind]) => COUNTS.has(kind));
    if (headOf(read) !== headOf(wanted) || !isShort) return answer;
    if (missing.length === 1 && more.length === 1 && !more[0][0]) return { ...answer, kind: wanted.kind };
    if (more.length) return answer;
    throw asked("no per", { text, unit });
  }

  function without(below, taken) {
    return taken.reduce((left, [kind]) => withoutFirst(left, kind), below);
  }

  function withoutFirst(below, kind) {
    const at = below.findIndex(([known]) => known === kind);
    return at < 0 ? below : [...below.slice(0, at), ...below.slice(at + 1)];
  }

  function withoutCounts(answer, wanted) {
    const { read } = answer;
    let kept = read.below;
    for (const [kind, size] of without(read.below, wanted.below))
      if (COUNTS.has(kind) && size === 1) kept = withoutFirst(kept, kind);
    if (kept.length === read.below.length) return answer;
    const kind = [headOf(read), ...kept.map(([one]) => one)].join("/");
    return { ...answer, kind, read: { ...read, kind, below: kept } };
  }

  function ofPrefix(answer, wanted, unit) {
    if (!answer.kind && (COUNTS.has(wanted.kind) || !wanted.kind)) return { ...answer, kind: wanted.kind };
    if (!answer.kind && wanted.kind === "byte" && answer.read.prefix.endsWith("i"))
      return { ...answer, kind: "byte", read: { ...answer.read, kind: "byte", stem: "B" } };
    throw asked("prefix", { text: inQuotes(answer.text), example: unit });
  }

  function ofBare(answer, wanted, unit) {
    if (COUNTS.has(wanted.kind) && wanted.factor === 1) return { ...answer, kind: wanted.kind };
    if (wanted.kind || (wanted.factor === 0.01 && Math.abs(answer.number) > 1))
      throw asked("no unit", { wanted: kindText(wanted.kind), unit });
    return answer;
  }

  function commaQuestion(answer) {
    const [first, second] = [answer.number, answer.other].map((one) => countText(digitsText(one), answer.unit));
    return asked("comma", { text: inQuotes(answer.text), first, second });
  }

  function keptSentence(text, unit, isWhole = false, askedBefore = false) {
    const answer = answerTo(answerOf(text), unit, isWhole);
    const isOpen = Math.abs(answer.other) < Math.abs(answer.number) && !COUNTS.has(knownUnit(unit).kind);
    if (isOpen && !askedBefore) throw commaQuestion(answer);
    const said = answer.kind === INFEASIBLE ? INFEASIBLE : countText(digitsText(answer.number), answer.unit || unit);
    return fill("kept", { text: inQuotes(said).slice(1, -1) });
  }

  function guessOf(text, unit) {
    const given = answerOf(text);
    if (given.kind === INFEASIBLE || !Number.isFinite(given.number)) throw asked("guess");
    const wanted = knownUnit(unit);
    if (isBare(withoutCounts(given, wanted).read)) return given.number;
    const answer = answerTo({ ...given, bound: "" }, unit);
    if (answer.kind === wanted.kind) return answer.value / wanted.factor;
    const places = { text: inQuotes(answer.text), found: kindText(answer.kind), wanted: kindText(wanted.kind) };
    throw asked("wrong kind", places);
  }

  // Numbers as Python writes them ----------------------------------------------------------------------------------

  // So many significant digits, a half going to the even digit, as ["1.25", exponent] without idle zeros.
  function significant(x, count) {
    let [digits, exponent] = x.toExponential(count - 1).split("e");
    const exact = x.toExponential(count + 25).split("e"),
      rest = exact[0].replace(/[-.]/g, "").slice(count);
    if (/^50*$/.test(rest) && exact[1] === exponent) {
      const last = Number(exact[0].replace(/[-.]/g, "")[count - 1]);
      if (last % 2 === 0) digits = exact[0].slice(0, exact[0].indexOf(".") + count);
    }
    if (digits.includes(".")) digits = digits.replace(/\.?0+$/, "");
    return [digits, Number(exponent)];
  }

  function digitsText(x) {
    if (!Number.isFinite(x)) return x > 0 ? "∞" : "-∞";
    const [digits, exponent] = significant(x, 15);
    if (exponent < -4 || exponent >= 15) return `${digits}e${exponent}`;
    return positional(x < 0 ? digits.slice(1) : digits, exponent, x < 0);
  }

  function positional(digits, exponent, isNegative) {
    const all = digits.replace(".", ""),
      sign = isNegative ? "-" : "";
    if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${all}`;
    const [front, back] = [all.slice(0, exponent + 1).padEnd(exponent + 1, "0"), all.slice(exponent + 1)];
    return sign + front + (back ? `.${back}` : "");
  }

  return {
    ...reader,
    ...{ INFEASIBLE, answerOf, answerTo, guessOf, keptSentence, commaQuestion, kindText, significant, positional },
  };
}
