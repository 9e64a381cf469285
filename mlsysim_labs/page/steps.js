// The steps of a lab: which cards there are, how each stands, and which one is looked at. Nothing here draws.

const HERE = "lab-here";
const SAID = { done: "done", tried: "not right yet", open: "open" };

function markOf(kind, card) {
  const get = (name) => card.get(name);
  if (kind === "Predict") return "value" in get("locked") ? "done" : "open"; // and not where one just plays
  if (kind === "Explore") return get("done") ? "done" : "open";
  if (kind === "Hand in") return "open";
  if (get("solved") || get("state") === "kept") return "done";
  return get("tries") ? "tried" : "open";
}

function markOfAll(marks) {
  if (marks.length && marks.every((mark) => mark === "done")) return "done";
  return marks.some((mark) => mark !== "open") ? "tried" : "open";
}

const STATES = ["locked", "truth", "done", "solved", "state", "tries"].map((name) => "change:" + name).join(" ");

// The cards of the rail's steps with their models; `changed` is called when one of them stands otherwise.
async function cardsOf(model, changed) {
  const cards = await Promise.all(
    model.get("steps").map(async ([kind, name, ref, words, view]) => {
      return { kind, name, words, view, model: await find(model, ref) };
    }),
  );
  for (const card of cards) {
    card.mark = () => markOf(card.kind, card.model);
    card.model.on(STATES, changed);
    card.stop = () => card.model.off(STATES, changed);
  }
  return cards;
}

// The first card that is not done; the last one where all are.
const firstOpen = (cards) => cards.find((card) => card.mark() !== "done") ?? cards.at(-1);

// Until everything is open, one prediction after the other.
const mayEnter = (cards, card, isOpen) =>
  isOpen || cards.slice(0, cards.indexOf(card)).every((before) => before.mark() === "done");
