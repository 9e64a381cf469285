// How each question stands, from what has been done: what its card shows. Nothing here is kept anywhere else.

const PATIENT = 3, // tries, before the derivation may be read
  LONGEST_SHOWN = 100; // letters of what stands in the place of a number
const PLANS_LATER = "Plans are judged after the exam.";

// What was locked, as the card can show it, and a sentence where the question has become another one since.
function lockedOf(model, { value, unit }, time) {
  const get = (name) => model.get(name),
    shown = (value, note = "") => ({ value, unit: get("unit"), time, ...(note && { note }) });
  const text = (typeof value === "string" ? value : JSON.stringify(value)).slice(0, LONGEST_SHOWN);
  if (get("kind") === "choice") {
    const gone = "Your choice is no longer one of the options. It stays as you locked it.";
    return get("options").includes(value) ? shown(value) : shown(text, gone);
  }
  if (typeof value !== "number") return shown(text, "The record has no number here. This is what it says.");
  if (unit !== undefined && countText("2", unit) !== countText("2", get("unit"))) {
    const was = `You locked this when the question asked for ${unit || "a bare number"}: it stays as you locked it.`;
    return shown(countText(shortText(value), unit), was);
  }
  if (get("low") <= value && value <= get("high") && !(get("whole") && value % 1)) return shown(value);
  return shown(value, `You locked this on another scale: it now goes from ${endsOf(model)}, and yours stays.`);
}

export function endsOf(model) {
  const ends = `${shortText(model.get("low"))} to ${shortText(model.get("high"))}`;
  return countText(ends, model.get("unit")) + (model.get("whole") ? " in whole numbers" : "");
}

// What is said of own and truth.
function compared(model, locked, { value: truth, text, values = {} }) {
  const { value: own, note } = locked,
    isText = model.get("kind") === "number" && typeof own === "string";
  let said = isText ? `You said ${own}. It is ${text}.` : comparison(own, truth, model.get("unit"));
  if (own !== truth && own in values && truth in values)
    said = `You chose ${own}: ${values[own][1]}. It is ${truth}: ${values[truth][1]}.`;
  return note ? `${said} ${note}` : said;
}

// A prediction: what is locked, and the truth beside it where the page has that. `part` is what opened at its lock.
export function predictionStands(model, name, part, journal, plays) {
  const kept = journal.prediction(name),
    locked = kept ? lockedOf(model, kept.value, kept.time ?? kept.value.time) : {};
  const may_play = plays && !journal.isPlayed;
  if (!part || !(kept || journal.isPlayed)) return { locked, truth: {}, may_play };
  const { told } = part,
    sentence = kept ? () => compared(model, locked, told) : () => `It is ${told.text}.`;
  return { locked, truth: "value" in told ? { ...told, sentence: sentence() } : told, may_play };
}

// A task: the last answer judged anew, as at that try; hints one by one; and what may be read when it is right.
export function taskStands(item, judged, journal) {
  const isExam = journal.mode === "exam";
  const answers = [...journal.events("answer", item.name), ...journal.events("key", item.name)],
    texts = answers.map((e) => e.value.text),
    isKey = answers.at(-1)?.kind === "key",
    tries = journal.events("answer", item.name).length;
  const hinted = journal.events("hint", item.name).length,
    hints = item.hints ?? [];
  const verdict = (text, at) => {
    try {
      return judged(item, text, at);
    } catch {
      return { state: isExam ? "kept" : "open", feedback: "" }; // it was given to another version of the question
    }
  };
  const last = isKey ? { state: "right", feedback: "The key, from the solver." } : null,
    solved = isKey || texts.some((text) => verdict(text, 1).state === "right");
  return {
    ...{ state: "open", feedback: "", ...(texts.length && (last ?? verdict(texts.at(-1), tries))) },
    ...{ answer: texts.at(-1) ?? "", tries, solved, hints: hints.slice(0, hinted), more_hints: hinted < hints.length },
    means: solved ? (item.means ?? "") : "",
    derivation: solved || tries >= PATIENT ? (item.derivation ?? "") : "",
  };
}

// What a plan is told: which of its conditions are missing.
export function planJudged({ conditions, met }, mode) {
  if (mode === "exam") return { state: "kept", feedback: PLANS_LATER };
  const missing = conditions.filter((_, i) => !(met[i] > 0.5));
  if (missing.length) return { state: "wrong", feedback: `Not there yet: ${missing.join("; ")}.` };
  return { state: "right", feedback: "Your plan meets every condition." };
}

// A plan: the last one judged anew.
export function planStands(item, judged, journal) {
  const verdicts = journal.events("plan", item.name).map((e) => judged(item, e.value.settings)),
    solved = verdicts.some(({ state }) => state === "right");
  const last = verdicts.at(-1) ?? { state: "open", feedback: "" };
  return { ...last, tries: verdicts.length, solved, means: solved ? (item.means ?? "") : "" };
}

export function reflectionStands(item, journal) {
  const kept = journal.events("reflection", item.name).at(-1),
    isNew = kept && (kept.session ?? journal.session) === journal.session;
  const feedback = isNew ? "This isn't graded by a machine." : "";
  return {
    ...(kept ? { answer: kept.value.text, state: "kept", feedback } : { answer: "", state: "open", feedback: "" }),
    derivation: item.after ?? "",
  };
}
