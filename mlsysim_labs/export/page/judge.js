// The judge of answers, as `questions/task_items.py` has it around marking's twins; and a prediction against its truth.

const READER = answersOf(TABLES),
  { countText, keptSentence, answerOf, guessOf, trimmed, knownUnit, significant, INFEASIBLE } = READER,
  { verdictOn, numberText: shortText } = judgeOf(READER);
const VAGUE = 2; // tries, before a wrong answer is told on which side it is
const WRONG_OPTION = "Not that one. Try it with the knobs.",
  BELOW = "That's below zero. Did you subtract the wrong way round?";

const attempted = (act) => {
  try {
    return act();
  } catch (problem) {
    if (problem instanceof AnswerError) return null;
    throw problem;
  }
};

// The task that an answer is the key of.
function otherTask(text, item, items) {
  const isRight = ({ truth, unit, tolerance, whole }) =>
    attempted(() => verdictOn(text, truth, unit, { tolerance, whole, askedBefore: true }))?.right;
  const isNumber = (one) => one.kind === "answer" && !one.options && one.truth !== INFEASIBLE;
  return items.find((one) => one !== item && isNumber(one) && one.unit === item.unit && isRight(one));
}

function ofNumber(text, item, { items, tries, askedBefore }) {
  const { truth, unit, tolerance, whole } = item,
    misconceptions = Object.fromEntries(item.mistakes.filter(([, value]) => typeof value !== "string"));
  const found = verdictOn(text, truth, unit, { tolerance, misconceptions, whole, askedBefore });
  if (found.right || !["wrong", "factor"].includes(found.code)) return found;
  const { value } = answerOf(text);
  if (value < 0) return { ...found, sentence: BELOW };
  const other = otherTask(text, item, items);
  if (other) return { ...found, sentence: `That answers another question: “${other.question}”` };
  if (found.code !== "wrong" || tries < VAGUE || typeof truth === "string") return found;
  const isHigh = value > truth * knownUnit(unit).factor;
  return { ...found, sentence: `Too ${isHigh ? "high" : "low"}. ${found.sentence}` };
}

function ofOption(text, { truth, mistakes }) {
  if (text === truth) return { right: true, sentence: "Right." };
  return { right: false, sentence: mistakes.find(([, value]) => value === text)?.[0] ?? WRONG_OPTION };
}

// What an answer is told at that try: a state and a sentence. What is asked back is an AnswerError, and no try.
// `askedBefore` : whether its comma has been asked about, as that of each text in a record has.
export function judged(item, text, { mode, items = [], tries = 1, askedBefore = true }) {
  const { unit, whole } = item;
  if (mode === "exam") {
    const feedback = item.options ? TABLES.sentences.later : keptSentence(text, unit, whole, askedBefore);
    return { state: "kept", feedback };
  }
  const found = item.options ? ofOption(text, item) : ofNumber(text, item, { items, tries, askedBefore });
  return { state: found.right ? "right" : "wrong", feedback: found.sentence };
}
