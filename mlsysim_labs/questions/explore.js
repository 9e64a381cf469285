// Something to try, with a button that shows it: the knobs move there, so that one sees which. It is done when somebody
// has been there.

const TRAITS = ["question", "given", "done", "unkept"];
const GLIDE = 300; // [ms]
const find = (model, ref) => model.widget_manager.get_model(ref.replace("IPY_MODEL_", ""));

// Moves knobs through their stops to their goals; at once where nothing should move by itself.
function glide(places, done) {
  const from = places.map((p) => p.model.get(p.trait)),
    begin = performance.now();
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const step = (now) => {
    const t = isStill ? 1 : Math.min(1, Math.max(0, (now - begin) / GLIDE)),
      eased = 1 - (1 - t) ** 3;
    places.forEach((p, i) => {
      const way = typeof p.goal === "number" && t < 1 ? from[i] + (p.goal - from[i]) * eased : p.goal;
      p.model.set(p.trait, Number.isInteger(p.goal) && t < 1 ? Math.round(way) : way);
    });
    if (t < 1) return void requestAnimationFrame(step);
    for (const p of places) p.model.save_changes();
    done();
  };
  if (isStill) step(0);
  else requestAnimationFrame(step);
}

function render({ model, el }) {
  const get = (name) => model.get(name),
    root = box(el, "explore"),
    held = [];
  const desk = sender(model, root, { changed: () => draw(), saved: () => {} });
  const ask = heading(root, model);
  const row = make(root, "div", "act-row"),
    show = make(row, "button", "button", { type: "button", textContent: "Show me" });
  const notice = make(root, "p", "explore-notice", { role: "status" });
  let places = [],
    stage = null,
    watched = null,
    isWatched = false, // since the card was entered
    way = "hand";

  const isThere = () => {
    const inPlace = places.every(({ model: knob, trait, low, high, goal }) => {
      const now = knob.get(trait);
      return typeof goal === "number" ? low <= now && now <= high : now === goal;
    });
    const isSeen = !get("view") || stage?.get("view") === get("view");
    return inPlace && isSeen && (!watched || isWatched);
  };
  const look = () => {
    if (isHere() && !get("done") && isThere()) desk.send("there", way, "");
  };
  const isHere = () => el.closest(".lab-here") !== null;
  const playedOnce = () => {
    isWatched ||= isHere() && watched.get("played");
    look();
  };
  const draw = () => {
    ask();
    root.ariaLabel = `To explore: ${get("question")}`;
    show.classList.toggle("lab-main", !get("done"));
    write(notice, get("done") ? `✓ ${get("notice")}` : "Move the knobs yourself, or press Show me.");
    notice.classList.toggle("lab-explore-open", !get("done"));
  };
  const connect = async () => {
    const listen = (thing, event, act = look) => {
      thing.on(event, act);
      held.push(() => thing.off(event, act));
    };
    places = await Promise.all(
      get("places").map(async ([trait, ref, low, high, goal]) => ({
        ...{ trait, low, high, goal },
        model: await find(model, ref),
      })),
    );
    stage = get("stage") ? await find(model, get("stage")) : null;
    watched = get("watched") ? await find(model, get("watched")) : null;
    for (const p of places) listen(p.model, "change:" + p.trait);
    if (stage) listen(stage, "change:view");
    if (watched) listen(watched, "change:played", playedOnce);
  };
  show.addEventListener("click", () => {
    way = "button";
    if (get("view")) stage?.set("view", get("view"));
    glide(places, () => {
      watched?.set("playing", true);
      look();
    });
  });
  const end = redrawn(model, TRAITS, draw);
  connect();
  return () => {
    end();
    for (const off of held) off();
    desk.stop();
  };
}

export default { render };
