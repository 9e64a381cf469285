// Judges and reads under node what Python has judged and read, with the same tables.
// In, on standard input: {module, tables, cases: [[text, truth, unit, settings]], guesses: [[text, unit]], numbers}.
// Out: {verdicts, kept, guesses, numbers}: each a list of what is said, or of {asked: code, sentence}.
import { readFileSync } from "node:fs";

String.prototype.at = () => ""; // Notebook 6.5 puts an early draft of it into its page: from the end there is nothing

const { module, tables, cases, guesses, numbers } = JSON.parse(readFileSync(0, "utf8"));
const { answersOf, judgeOf } = await import(module);
const answers = answersOf(tables),
  { verdictOn, numberText } = judgeOf(answers);

const said = (act) => {
  try {
    return act();
  } catch (problem) {
    if (problem.code === undefined) throw problem;
    return { asked: problem.code, sentence: problem.message };
  }
};

const out = {
  verdicts: cases.map(([text, truth, unit, settings]) => said(() => verdictOn(text, truth, unit, settings))),
  kept: cases.map(([text, , unit, { whole, askedBefore }]) =>
    said(() => ({ sentence: answers.keptSentence(text, unit, whole, askedBefore) })),
  ),
  guesses: guesses.map(([text, unit]) => said(() => ({ value: answers.guessOf(text, unit) }))),
  numbers: numbers.map(numberText),
};
process.stdout.write(JSON.stringify(out));
