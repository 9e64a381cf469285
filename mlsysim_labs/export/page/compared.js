// A prediction against the truth, in a sentence, as `marking/predictions.py` says it.

const NEAR = 0.01, // relative: nearer than a slider can be set
  CLOSE = 0.1,
  PERCENT = "%";
const PLURALS = new Set(TABLES.units.plurals.split(" "));

export function comparison(own, truth, unit = "") {
  if (typeof own === "string") return own === truth ? `Yes: ${truth}.` : `You chose ${own}. It is ${truth}.`;
  const said = countText(shortText(own), unit);
  if (truth === INFEASIBLE) return `You said ${said}. It cannot be done.`;
  const is = unit === PERCENT ? countText(shortText(truth), unit) : shortText(truth);
  if (truth <= 0 || own <= 0) return `You said ${said}. It is ${is}.`;
  const off = Number((own / truth - 1).toFixed(9));
  if (shortText(own) === is || Math.abs(off) <= NEAR) return `You said ${said}, and it is ${is}.`;
  if (Math.abs(off) <= CLOSE) return `You said ${said}. It is ${is}. Very close.`;
  if (unit === PERCENT && Math.min(own, truth) > 1) {
    const points = halfToEven(Math.abs(truth - own)).toFixed(0); // of small shares the ratio says more
    return `You said ${said}. It is ${is}: ${points} points ${off > 0 ? "less" : "more"}.`;
  }
  const [digits, power] = significant(Math.max(own / truth, truth / own), 2),
    times = shortText(Number(`${digits}e${power}`));
  const isCounted = unit ? PLURALS.has(unit.replace(/s$/, "")) : own % 1 === 0 && truth % 1 === 0,
    [more, less] = isCounted ? ["many", "few"] : ["high", "low"];
  return `You said ${said}. It is ${is}: ${times}× too ${off > 0 ? more : less}.`;
}
