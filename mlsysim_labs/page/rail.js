// The head of a lab, and the way through it: which card of the script is seen, which picture is on the stage, and which
// knobs move it. All of that is the browser's own business, and needs no kernel.

const find = (model, ref) => model.widget_manager.get_model(ref.replace("IPY_MODEL_", ""));
const TABLE = "Table";

// A group of buttons of which one is pressed, moved in with one Tab and through with the arrows.
function group(parent, name, label) {
  const root = parent.appendChild(element("div", name, "", { role: "group", ariaLabel: label }));
  root.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key],
      all = [...root.children].filter((button) => !button.disabled);
    if (!way) return;
    event.preventDefault();
    all[(all.indexOf(document.activeElement) + way + all.length) % all.length]?.focus();
  });
  return root;
}

// Buttons are made once for each list of words: one that is made anew loses the focus.
function fill(root, words, press) {
  if (words.join("\n") !== root.dataset.words) {
    root.dataset.words = words.join("\n");
    root.replaceChildren(
      ...words.map((text, i) => {
        const button = element("button", "lab-segment", text);
        button.addEventListener("click", () => press(i));
        return button;
      }),
    );
  }
  return [...root.children];
}

function rove(buttons, now) {
  buttons.forEach((button, i) => (button.tabIndex = i === now ? 0 : -1));
}

async function connect(model, el, box) {
  const runner = await find(model, model.get("runner"));
  const place = (name) => box.querySelector(".lab-" + name);
  const live = box.appendChild(element("div", "lab-live", "", { ariaLive: "polite" }));
  let cards = [],
    here = null,
    hasDecided = false,
    table = false,
    turn = 0;

  // the head
  const head = element("div", "lab-head");
  el.replaceChildren(head);
  head.appendChild(element("h2", "lab-title", model.get("title")));
  const rail = group(head, "lab-rail", "Steps");
  rail.role = "navigation";
  const views = group(place("views"), "lab-segments", "View of the stage"),
    drawer = place("views").appendChild(element("button", "lab-link lab-more", "More knobs"));
  const where = place("where"),
    kind = where.appendChild(element("p", "lab-kind")),
    list = where.appendChild(element("select", "lab-list", "", { ariaLabel: "All of this step" }));
  const way = place("way"),
    back = way.appendChild(element("button", "lab-link", "‹ Back")),
    next = way.appendChild(element("button", "lab-button", "Next ›"));

  const scene = () => {
    const scenes = runner.get("scenes");
    return scenes[runner.get("scene")] ?? scenes[""] ?? Object.values(scenes)[0];
  };
  const pictureNow = () => {
    const { pictures = [], first } = scene() ?? {};
    return pictures.find((p) => p.name === runner.get("view")) ?? pictures.find((p) => p.name === first);
  };
  const ofKind = (name) => cards.filter((card) => card.kind === name);

  const drawStage = () => {
    const now = scene();
    if (!now) return;
    const shown = pictureNow(),
      named = now.pictures.filter((p) => p.view);
    for (const frame of box.querySelectorAll(".lab-picture")) {
      const isShown = shown !== undefined && frame.classList.contains(`lab-picture-${shown.name}`);
      frame.classList.toggle("lab-shown", isShown);
      frame.classList.toggle("lab-as-table", isShown && table);
    }
    const words = named.length && model.get("is_open") ? [...named.map((p) => p.view), TABLE] : [];
    const buttons = fill(views, words, (i) => {
      table = i === named.length;
      if (!table) runner.set("view", named[i].name);
      drawStage();
    });
    const pressed = table ? named.length : named.findIndex((p) => p === shown);
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === pressed)));
    rove(buttons, Math.max(0, pressed));
    views.hidden = words.length === 0;
    for (const line of place("views").querySelectorAll(".lab-measured-beside"))
      line.classList.toggle("lab-off", !shown || !line.classList.contains(`lab-measured-of-${shown.name}`));
    for (const [name] of runner.get("controls")) {
      const knob = box.querySelector(`.lab-control-${name}`);
      knob?.classList.toggle("lab-off", !now.knobs.includes(name));
    }
    drawer.hidden = now.drawer.length === 0;
  };

  const drawScript = () => {
    if (!here) return;
    const all = ofKind(here.kind),
      number = all.indexOf(here),
      at = cards.indexOf(here);
    kind.textContent = all.length > 1 ? `${here.kind} · ${number + 1} of ${all.length}` : here.kind;
    list.hidden = all.length < 2 || !model.get("is_open");
    const lines = all.map((card, i) => `${{ done: "✓", tried: "◐", open: "○" }[card.mark()]} ${i + 1}. ${card.words}`);
    if (lines.join("\n") !== list.dataset.lines) {
      list.dataset.lines = lines.join("\n");
      list.replaceChildren(...lines.map((text) => element("option", "", text)));
    }
    list.selectedIndex = number;
    for (const card of cards) {
      for (const node of box.querySelectorAll(`.lab-cards .lab-step-${card.name}`))
        node.classList.toggle(HERE, card === here);
    }
    back.hidden = at === 0;
    next.hidden = at === cards.length - 1 && model.get("is_open");
    next.disabled = at === cards.length - 1 || !mayEnter(cards, cards[at + 1], model.get("is_open"));
    next.hidden ||= next.disabled;
    next.classList.toggle("lab-main", here.mark() === "done");
  };

  const drawRail = () => {
    const kinds = model.get("kinds"),
      marks = kinds.map((name) => markOfAll(ofKind(name).map((card) => card.mark())));
    const buttons = fill(rail, kinds, (i) => enter(firstOpen(ofKind(kinds[i])), true));
    buttons.forEach((button, i) => {
      button.dataset.mark = marks[i];
      button.disabled = ofKind(kinds[i]).length === 0;
      const isHere = here?.kind === kinds[i];
      if (isHere) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
      button.ariaLabel = `${kinds[i]}, ${button.disabled ? "locked until you have guessed" : SAID[marks[i]]}`;
    });
    rove(buttons, Math.max(0, kinds.indexOf(here?.kind)));
    box.classList.toggle("lab-alone", kinds.length === 0);
  };
  const draw = () => {
    drawRail();
    drawScript();
    drawStage();
    exempt(box);
  };

  // A card is entered: the stage follows it, and whoever asked for it is led to it.
  const enter = (card, byHand) => {
    if (!card) return draw();
    const isNew = card !== here,
      isNext = card.kind !== here?.kind,
      opened = card.name !== here?.name && card.view;
    here = card;
    const asked = card.kind === "Predict" ? runner.get("guesses")[card.name] : undefined;
    runner.set("scene", asked ? card.name : "");
    const now = scene(),
      wanted = asked?.picture || opened;
    const isView = now?.pictures.some((p) => p.name === runner.get("view") && p.view);
    if (wanted && isNew) runner.set("view", wanted);
    else if (now && (!isView || isNext)) runner.set("view", now.first);
    if (isNew && wanted) table = false;
    draw();
    if (!byHand) return;
    if (card.kind === "Decide" && !hasDecided) {
      hasDecided = true;
      setAll(model.get("start")); // what was left there by exploring belongs to no task
    }
    if (asked && model.get("is_open") && !(card.name in runner.get("scenes")) && "value" in card.model.get("locked"))
      setAll(asked.show); // what the card tells is what the stage shows
    const all = ofKind(card.kind);
    live.textContent = `${card.kind}, ${all.indexOf(card) + 1} of ${all.length}, ${SAID[card.mark()]}`;
    lead(box, box.querySelector(`.lab-cards .lab-step-${card.name} .lab-act-question`));
  };
  const go = (by) => enter(cards[cards.indexOf(here) + by], true);
  back.addEventListener("click", () => go(-1));
  next.addEventListener("click", () => go(1));
  list.addEventListener("change", () => enter(ofKind(here.kind)[list.selectedIndex], true));
  drawer.addEventListener("click", () => {
    const isOut = box.classList.toggle("lab-drawer-open");
    drawer.ariaExpanded = String(isOut);
    drawer.textContent = isOut ? "Fewer knobs" : "More knobs";
  });

  // the menu
  const blob = (text) => URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  const drawn = () => drawingOf(box.querySelector(".lab-picture.lab-shown"));
  const knobs = () =>
    Promise.all(runner.get("controls").map(async ([name, trait, ref]) => [name, trait, await find(runner, ref)]));
  const setAll = async (values) => {
    const fits = ([name, trait, knob]) => name in values && mayStand(knob, knob.get(trait), values[name]);
    const moved = (await knobs()).filter(fits);
    for (const [name, trait, knob] of moved) knob.set(trait, values[name]); // all at once: one picture
    for (const [, , knob] of moved) knob.save_changes();
  };
  const name = () => `${model.get("slug")}_${pictureNow().name}`;
  const copied = async (text) => (await copyText(text), "Copied.");
  const more = menu(head, [
    ["Copy the numbers as CSV", async () => copied(csvOf(await find(runner, pictureNow().table)))],
    ["Save the picture as SVG", () => (offer(blob(drawn()), name() + ".svg"), "Saved.")],
    [
      "Save the picture as PNG",
      async () => (offer(URL.createObjectURL(await painted(drawn())), name() + ".png"), "Saved."),
    ],
    [
      "Copy a link to this state",
      async () => {
        const values = (await knobs()).map(([knob, trait, widget]) => [knob, widget.get(trait)]);
        return copied(linkOf(model.get("slug"), Object.fromEntries(values)));
      },
    ],
    ["Put the knobs back", async () => (await setAll(model.get("start")), "")],
    ["Start over", () => enter(cards.at(-1), true), () => cards.at(-1)?.model.get("may_restart")],
  ]);

  const follow = () => setAll(linkedState(model.get("slug")) ?? {});

  // what the kernel says
  let wasOpen = model.get("is_open");
  const load = async () => {
    const mine = ++turn,
      found = await cardsOf(model, draw);
    if (mine !== turn) return found.forEach((card) => card.stop());
    cards.forEach((card) => card.stop());
    cards = found;
    const same = cards.find((card) => card.name === here?.name);
    if (model.get("is_open") && !wasOpen) {
      live.textContent = "All steps are open now.";
      const played = same?.kind === "Predict" && !("value" in same.model.get("locked"));
      wasOpen = true;
      if (played) follow();
      return enter(played ? (cards.find((card) => card.kind !== "Predict") ?? same) : same);
    }
    if (!model.get("is_open") && wasOpen) here = null; // started over
    wasOpen = model.get("is_open");
    const later = cards.filter((card) => card.kind !== "Predict");
    enter(same && here ? same : firstOpen(model.get("is_open") && later.length ? later : cards));
  };
  model.on("change:steps", load);
  runner.on("change:view change:scenes change:ready change:scene", draw);
  const added = new MutationObserver((changes) => hasElements(changes) && draw()); // cards and pictures that come later
  for (const part of ["cards", "pictures", "controls", "views"])
    added.observe(place(part), { childList: true, subtree: part === "controls" });
  await load();
  if (model.get("is_open")) follow();
  const undress = dress(runner, box);
  return () => {
    turn++;
    model.off("change:steps", load);
    runner.off("change:view change:scenes change:ready change:scene", draw);
    cards.forEach((card) => card.stop());
    added.disconnect();
    more.stop();
    undress();
    live.remove();
    for (const part of ["where", "way"]) place(part)?.replaceChildren();
    for (const made of [views, drawer]) made.remove();
  };
}

function render({ model, el }) {
  let tries = 0,
    timer = 0,
    stop = () => {},
    settle = () => {};
  const whenShown = async () => {
    const box = el.closest(".lab-box");
    if (!box || !box.querySelector(".lab-way")) return void (tries++ < 100 && (timer = setTimeout(whenShown, 50)));
    settle = arrive(box, model.get("born"));
    const end = await connect(model, el, box);
    if (timer === null) end();
    else stop = end;
  };
  whenShown();
  return () => {
    clearTimeout(timer);
    timer = null;
    settle();
    stop();
  };
}

export default { render };
