// The invisible widget of a lab: reads the controls, runs the program on every move, writes into the pictures' models.
// It alone writes pictures, with set_state: a `set` would be saved back and send every array to the kernel.

const EMPTY = "No value to draw here: move a control, or press Reset.";
const WAITS = "Waiting for the kernel ...";

// The one place that looks other widgets up.
const find = (model, ref) => model.widget_manager.get_model(ref.replace("IPY_MODEL_", ""));
const hasNothing = (v) =>
  typeof v === "number"
    ? !Number.isFinite(v)
    : typeof v !== "string" && v.length > 0 && v.every((x) => !Number.isFinite(x));

async function connect(model) {
  const controls = await Promise.all(
    model
      .get("controls")
      .map(async ([name, trait, ref, labels]) => ({ name, trait, labels, model: await find(model, ref) })),
  );
  const views = await Promise.all(model.get("views").map((ref) => find(model, ref)));
  const pictures = await Promise.all(
    model
      .get("pictures")
      .map(async (p) => ({ ...p, frame: await find(model, p.frame), note: await find(model, p.note) })),
  );
  const program = model.get("program"),
    run = load(program),
    held = {};
  let waiting = false;

  const settings = () => Object.fromEntries(controls.map((c) => [c.name, c.model.get(c.trait)]));
  const isEmpty = ({ vital }) => {
    const [arrays, numbers] = [true, false].map((array) =>
      vital.filter((o) => o.endsWith(".array") === array).map((o) => held[o]),
    );
    return numbers.some(hasNothing) || (arrays.length > 0 && arrays.every(hasNothing));
  };
  const isStale = ({ follows }, now, { at = {} }) => follows.some((name) => name in at && now[name] !== at[name]);

  const write = (changed) => {
    const states = new Map();
    for (const [name, value] of Object.entries(changed)) {
      const [view, trait, array] = name.split(".");
      if (!states.has(view)) states.set(view, {});
      states.get(view)[trait] = array && typeof value === "number" ? Float64Array.of(value) : value;
    }
    for (const [view, state] of states) views[view].set_state(state);
  };

  const dim = (now) => {
    const state = model.get("kernel_state"),
      problems = state.problems ?? {};
    for (const p of pictures) {
      const sentence = problems[p.name] ?? (isStale(p, now, state) ? WAITS : isEmpty(p) ? EMPTY : "");
      if (sentence === p.sentence) continue;
      p.sentence = sentence;
      p.note.set_state({ value: sentence });
      p.frame.set_state({ _dom_classes: [...p.classes, ...(sentence ? ["lab-dim"] : [])] });
    }
  };

  const follow = () => {
    if (!waiting) return; // stopped meanwhile
    waiting = false;
    const now = settings(),
      changed = run({ ...(model.get("kernel_state").values ?? {}), ...now });
    Object.assign(held, changed);
    write(changed);
    dim(now);
  };
  // In the same task as the move: a pointer moves once a frame already, and the next frame would be a frame too late.
  const soon = () => {
    if (!waiting) queueMicrotask(follow);
    waiting = true;
  };

  for (const c of controls) c.model.on("change:" + c.trait, soon);
  model.on("change:kernel_state", soon);
  soon();
  return () => {
    waiting = false;
    for (const c of controls) c.model.off("change:" + c.trait, soon);
    model.off("change:kernel_state", soon);
  };
}

async function initialize({ model }) {
  let stop = () => {},
    turn = 0;
  const start = async () => {
    const mine = ++turn;
    if (!model.get("program").code) return;
    const next = await connect(model);
    if (mine !== turn) return next(); // a newer program came while the widgets were looked up
    stop();
    stop = next;
  };
  model.on("change:program", start);
  await start();
  return () => {
    turn++;
    stop();
    model.off("change:program", start);
  };
}

// Names for the handles of ipywidgets' sliders (they have none), and what a stop of a table reads as.
async function nameControls(model, box) {
  for (const [name, trait, ref, labels] of model.get("controls")) {
    const control = await find(model, ref);
    const say = () => {
      const now = control.get(trait),
        [min, max] = labels.length ? [0, labels.length - 1] : [control.get("min"), control.get("max")];
      const names = {
        label: control.get("description"),
        valuemin: min,
        valuemax: max,
        valuenow: now,
        valuetext: labels[now] ?? now,
      };
      for (const handle of box.querySelectorAll(`.lab-control-${name} :is(.noUi-handle, .ui-slider-handle)`)) {
        handle.setAttribute("role", "slider");
        for (const key in names) handle.setAttribute("aria-" + key, names[key]);
      }
    };
    const later = () => requestAnimationFrame(say); // after the slider has redrawn itself
    say();
    control.on("change:" + trait, later);
    model.labelled.push(() => control.off("change:" + trait, later));
  }
}

// JupyterLab's shortcuts ask whether the focused element itself is exempt: else d d deletes the cell of a lab.
function exempt(box) {
  for (const e of box.querySelectorAll(
    ":is(button, select, input, [tabindex], [contenteditable]):not([data-lm-suppress-shortcuts])",
  ))
    e.dataset.lmSuppressShortcuts = "true";
}

function render({ model, el }) {
  el.classList.add("lab-runner");
  const press = async (values) => {
    const moved = model.get("controls").filter(([name]) => name in values);
    const found = await Promise.all(moved.map(([, , ref]) => find(model, ref)));
    moved.forEach(([name, trait], i) => found[i].set(trait, values[name])); // all at once: one picture, not several
    for (const control of found) control.save_changes();
  };
  const button = (name, act) => {
    const node = Object.assign(document.createElement("button"), { textContent: name, className: "lab-preset" });
    node.addEventListener("click", () => act(node));
    return node;
  };
  const pull = (node) => {
    const open = el.closest(".lab-box").classList.toggle("lab-drawer-open");
    node.ariaExpanded = String(open);
    node.textContent = open ? "Fewer knobs" : "More knobs";
  };
  const draw = () => {
    el.replaceChildren(...model.get("presets").map(([name, values]) => button(name, () => press(values))));
    if (!model.get("drawer")) return;
    el.append(button("More knobs", pull));
    el.lastChild.ariaExpanded = "false";
  };
  draw();
  model.on("change:presets change:drawer", draw);
  model.labelled = [];
  let tries = 0,
    timer = 0;
  const name = (box) => {
    for (const end of model.labelled.splice(0)) end();
    nameControls(model, box);
  };
  const added = new MutationObserver(() => {
    // knobs that come later, and readouts that are written
    const box = el.closest(".lab-box");
    if (!box) return;
    exempt(box);
    if (box.querySelector(":is(.noUi-handle, .ui-slider-handle):not([aria-label])")) name(box);
  });
  const keep = (event) => event.stopPropagation(); // notebook 6 takes keys that bubble for its own
  let kept = null;
  const whenShown = () => {
    kept = el.closest(".lab-box");
    if (!kept) return void (tries++ < 40 && (timer = setTimeout(whenShown, 100)));
    name(kept);
    exempt(kept);
    kept.addEventListener("keydown", keep);
    for (const part of kept.querySelectorAll(".lab-controls, .lab-runner"))
      added.observe(part, { childList: true, subtree: true });
  };
  whenShown();
  return () => {
    clearTimeout(timer);
    added.disconnect();
    kept?.removeEventListener("keydown", keep);
    model.off("change:presets change:drawer", draw);
    for (const end of model.labelled) end();
  };
}

export default { initialize, render };
