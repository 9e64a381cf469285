// What an answer is told, as verdicts.py says it: the same verdict with the same sentence, of the same tables.

export function judgeOf(answers) {
  const { units, sentences, fill, inQuotes, grouped, COUNTS, countText, knownUnit, significant, positional } = answers;
  const { INFEASIBLE, answerOf, answerTo, commaQuestion, kindText } = answers;
  const EXACT = 1e-12,
    FACTORS = Object.entries(sentences.factors);

  // As solver/text.py writes numbers: three digits, whole from a thousand on, a half to the even digit.
  function numberText(x) {
    const [digits, exponent] = significant(x, 3),
      rounded = Number(`${digits}e${exponent}`),
      size = Math.abs(rounded),
      sign = x < 0 || Object.is(x, -0) ? "-" : "";
    if (size >= 1000 && size < 1e15) return sign + grouped(String(evenly(Math.abs(x))));
    if (size === 0) return `${sign}0`;
    if (size >= 1e-4 && size < 1000) return positional(digits.replace("-", ""), exponent, x < 0);
    const power = String(Math.abs(exponent)).padStart(2, "0");
    return `${digits}e${exponent < 0 ? "-" : "+"}${power}`;
  }

  function evenly(x) {
    const floor = Math.floor(x),
      more = x - floor;
    return more > 0.5 || (more === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  }

  function questionOf(truth, unit, { tolerance = 0.02, misconceptions = {}, whole = false }) {
    const asked = knownUnit(unit),
      goal = truth === INFEASIBLE ? NaN : whole ? Math.floor(truth) : truth;
    const near = (number, target = goal) => {
      if (whole && Number.isFinite(target)) return Math.abs(number - Math.floor(target)) <= EXACT * Math.abs(target);
      const open = Math.max(EXACT, tolerance) * Math.abs(target);
      return Math.abs(number - target) <= open && open < Infinity;
    };
    return { truth, unit, tolerance, misconceptions, whole, asked, goal, near };
  }

  function accepts({ goal, tolerance, whole, near }, number, half, places) {
    const off = Math.abs(number - goal);
    if (whole || !half) return near(number);
    if (Math.abs(number) < 19.9 * half) return off <= Math.max(EXACT, tolerance * 0.5) * Math.abs(goal);
    return (places > 0 && off <= half && off <= tolerance * 1.5 * Math.abs(goal)) || near(number);
  }

  function powersOff({ goal }, number) {
    if (!Number.isFinite(number) || !Number.isFinite(goal) || number === 0 || goal === 0) return null;
    return Math.floor(Math.log10(Math.abs(number)) - Math.log10(Math.abs(goal)) + 0.5);
  }

  const verdict = (right, code, sentence, number = "", unit = "", magnitude = "", misconception = "") => ({
    ...{ right, code, sentence, number, unit, magnitude, misconception },
  });
  const offText = (off) => (off === null ? "" : off ? `10^${Math.abs(off)} off` : "right");

  function verdictOn(text, truth, unit, settings = {}) {
    const question = questionOf(truth, unit, settings);
    let answer;
    try {
      answer = answerTo(answerOf(text), unit, question.whole);
    } catch (problem) {
      if (problem.code !== "range" || !question.whole) throw problem;
      return verdict(false, "range", fill("one count", { text: inQuotes(text) }), "wrong");
    }
    const found = ofKind(answer, question) ?? ofFeasibility(answer, question) ?? ofNumber(answer, question);
    if (found.right || settings.askedBefore || isNaN(answer.other)) return found;
    const turned = { ...answer, value: (answer.value * answer.other) / answer.number, number: answer.other };
    if (found.code !== "wrong kind" && found.code !== "infeasible" && ofNumber(turned, question).right)
      throw commaQuestion(answer);
    return found;
  }

  function ofKind(answer, { asked, near }) {
    if (answer.kind === asked.kind || answer.kind === INFEASIBLE || Math.abs(answer.number) === Infinity) return null;
    const places = { text: inQuotes(answer.text), found: kindText(answer.kind), wanted: kindText(asked.kind) };
    return verdict(false, "wrong kind", fill("wrong kind", places), near(answer.number) ? "right" : "", "wrong kind");
  }

  function ofFeasibility(answer, { truth, asked, goal }) {
    const refused = answer.kind === INFEASIBLE,
      impossible = truth === INFEASIBLE;
    if (!refused && !impossible) return null;
    const none = COUNTS.has(asked.kind) && (answer.value === 0 || goal === 0);
    if ((refused && impossible) || none) return verdict(true, "right", fill("cannot"), "right");
    const code = refused ? "feasible" : "infeasible";
    return verdict(false, code, fill(code), "wrong");
  }

  function ofNumber(answer, question) {
    const { asked, goal, whole, unit } = question,
      number = answer.value / asked.factor;
    const isBroken = Math.abs(number - Math.floor(number + 0.5)) > EXACT * Math.abs(number);
    if (whole && Number.isFinite(number) && isBroken) return wrong("fraction", fill("fraction"), number, question);
    if (accepts(question, number, answer.half / asked.factor, answer.places)) {
      const shown = whole ? wholeText(goal) : numberText(goal);
      return verdict(true, "right", fill("right", { text: countText(shown, unit) }), "right", "right", "right");
    }
    for (const mistake of MISTAKES) {
      const found = mistake(number, answer, question);
      if (found) return found;
    }
    return wrong("wrong", fill("wrong"), number, question);
  }

  const wholeText = (goal) => (goal < 0 ? "-" : "") + grouped(String(BigInt(Math.abs(goal))));

  function wrong(code, said, number, question, misconception = "") {
    const off = powersOff(question, number),
      digits = off && question.near(number * Number(`1e${-off}`)) ? "right" : "wrong";
    return verdict(false, code, said, digits, "right", offText(off), misconception);
  }

  function coarse(number, answer, question) {
    return question.near(number) && wrong("coarse", fill("coarse"), number, question);
  }

  function misconception(number, answer, question) {
    const known = Object.entries(question.misconceptions).filter(([, value]) => question.near(number, value));
    if (!known.length) return null;
    const off = ([, value]) => Math.abs(number - value);
    const [said] = known.reduce((best, one) => (off(one) < off(best) ? one : best));
    return wrong("misconception", said, number, question, said);
  }

  function prefix(number, { read }, question) {
    const other = units.other[read.prefix],
      size = (one) => units.prefixes[one][1];
    if (read.stem !== "B" || !other || !question.near((number * size(other)) / size(read.prefix))) return null;
    const [small, large] = other.length > 1 ? [read.prefix, other] : [other, read.prefix];
    const [wrote, meant, ratio] = [`${read.prefix}B`, `${other}B`, (size(large) / size(small)).toFixed(3)];
    const said = fill("wrong prefix", { meant, wrote, ratio, large: `${large}B`, small: `${small}B` });
    return verdict(false, `${wrote} for ${meant}`, said, "right", "wrong", "right", `${wrote} for ${meant}`);
  }

  function otherUnit(number, answer, question) {
    if (!answer.unit || !question.near(answer.number)) return null;
    const said = fill("wrong unit", { unit: question.unit, wrote: answer.unit });
    return verdict(false, "wrong unit", said, "right", "wrong", offText(powersOff(question, number)), "wrong unit");
  }

  function factor(number, answer, question) {
    const { goal, tolerance } = question;
    if (number === 0 || goal === 0 || !Number.isFinite(number)) return null;
    const ratio = Math.max(number / goal, goal / number),
      off = ([known]) => Math.abs(ratio / Number(known) - 1);
    const clean = FACTORS.reduce((best, one) => (off(one) < off(best) ? one : best));
    if (!(off(clean) <= Math.max(EXACT, Math.min(tolerance, 0.02)))) return null;
    const said = fill("factor", { factor: clean[0], advice: clean[1] });
    return wrong("factor", said, number, question, `factor ${clean[0]}`);
  }

  function rounding(number, answer, question) {
    const { goal, tolerance, whole } = question;
    if (!whole || !(Math.abs(number - goal) <= Math.max(1, tolerance * Math.abs(goal)))) return null;
    return wrong("rounding", fill("rounding"), number, question, "rounding");
  }

  const MISTAKES = [coarse, misconception, prefix, otherUnit, factor, rounding];
  return { verdictOn, numberText };
}
