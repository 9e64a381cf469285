// Units as people write them, as units.py reads them and from the same tables. Only what a misspelt unit may have
// meant is left to Python.

export function unitsOf(tables) {
  const wording = wordingOf(tables);
  const { units, rules, fill, asked, whole, inQuotes, cleaned, pieces } = wording;
  const { HOLDERS, BARE, SPELLINGS, FOLDED, unitMade, keyOf, headOf } = wording;

  const BITS_OR_BYTES = whole(rules.bitsOrBytes),
    JOINED = whole(rules.joined),
    AMOUNT_OR_RATE = whole(rules.amountOrRate),
    AMOUNT = whole(rules.amount);
  const [NO_REMARK, NO_REMARK_AFTER] = [rules.noRemark, rules.noRemarkAfter].map((words) => new Set(words.split(" ")));
  const isArticle = (kind) => kind === "article" || kind === "each";
  const spellingOf = (line) => line.map((one, i) => (one.gap && i ? " " : "") + one.text).join("");
  const knownUnit = (spelled) => unitOf(pieces(cleaned(spelled)), spelled);

  function unitOf(line, spelled) {
    const parts = [[]],
      lines = [];
    line.forEach((one, i) => {
      const last = parts.at(-1);
      const divides = isArticle(one.kind) && i + 1 < line.length && (last.length || one.kind === "each");
      if (one.kind === "/" || divides) {
        parts.push([]);
        lines.push(one.text.toLowerCase());
      } else if (!isArticle(one.kind) && one.kind !== "-") last.push(one);
    });
    const name = spellingOf(line);
    if (Object.hasOwn(units.rates, name)) return knownUnit(units.rates[name]);
    const [head, ...under] = parts,
      first = head.length === 1 && head[0].kind === "word" ? head[0].text : "";
    const below = under.map((part, i) => belowLine(part, lines[i], spelled)),
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
    const found = spelledAs(name) || beforeRemark(part);
    if (!found) throw unknown(name);
    return times === 1 ? found : { ...found, factor: found.factor * times };
  }

  const spelledAs = (name) => SPELLINGS.get(name) ?? FOLDED.get(name.toLowerCase());

  function beforeRemark(part) {
    for (let count = part.length - 1; count > 0; count--) {
      const name = spellingOf(part.slice(0, count)),
        found = spelledAs(name);
      if (!found) continue;
      const isTold = part.slice(count).some(({ text }) => isTelling(text.toLowerCase()));
      return isTold || NO_REMARK_AFTER.has(name) ? null : found;
    }
    return null;
  }

  const isTelling = (word) => NO_REMARK.has(word) || SPELLINGS.has(word) || Boolean(FOLDED.get(word));

  function belowLine(part, line, spelled) {
    const isRemark = line === "for" && part.every((one) => one.kind === "word");
    return attempt(
      () => simple(part, spelled, true),
      (problem) => {
        if (!isRemark) throw problem;
        return unitMade("", 1);
      },
    );
  }

  function unknown(name) {
    const alike = [...SPELLINGS.keys()].filter((known) => known.toLowerCase() === name.toLowerCase());
    const move = alike.length ? fill("did you mean", { names: alike.join(" or ") }) : fill("use one like");
    return new AnswerError(`${fill("unknown unit", { text: inQuotes(name) })} ${move}`, "unknown unit");
  }

  const attempt = (act, otherwise) => {
    try {
      return act();
    } catch (problem) {
      if (problem instanceof AnswerError) return otherwise(problem);
      throw problem;
    }
  };

  return { ...wording, knownUnit, unitOf, spellingOf, attempt };
}
