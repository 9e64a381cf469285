// Knobs are ordinary ipywidgets: here they get names for those who hear them, and keep their keys from the notebook.

// Names for the handles of ipywidgets' sliders (they have none), and what a stop of a table reads as.
async function nameControls(runner, box) {
  const held = [];
  for (const [name, trait, ref, labels] of runner.get("controls")) {
    const control = await find(runner, ref);
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
      const buttons = box.querySelectorAll(`.lab-control-${name} .widget-toggle-button`);
      buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === now)));
      const group = buttons[0]?.parentElement;
      if (group) Object.assign(group, { role: "group", ariaLabel: control.get("description") });
    };
    const later = () => requestAnimationFrame(say); // after the knob has redrawn itself
    say();
    control.on("change:" + trait, later);
    held.push(() => control.off("change:" + trait, later));
  }
  return () => held.forEach((end) => end());
}

// JupyterLab's shortcuts ask whether the focused element itself is exempt: else d d deletes the cell of a lab.
function exempt(box) {
  for (const e of box.querySelectorAll(
    ":is(button, select, input, textarea, summary, [tabindex], [contenteditable]):not([data-lm-suppress-shortcuts])",
  ))
    e.dataset.lmSuppressShortcuts = "true";
}
// Knobs write their values as text at every move: only what comes with elements is worth a look.
const hasElements = (changes) => changes.some(({ addedNodes }) => [...addedNodes].some((node) => node.nodeType === 1));
const UNNAMED = ":is(.noUi-handle, .ui-slider-handle):not([aria-label]), .widget-toggle-button:not([aria-pressed])";

// Does all of that whenever knobs come later; returns what ends it.
function dress(runner, box) {
  let end = () => {},
    turn = 0;
  const name = async () => {
    const mine = ++turn,
      next = await nameControls(runner, box);
    if (mine !== turn) return next();
    end();
    end = next;
  };
  const added = new MutationObserver((changes) => {
    if (!hasElements(changes)) return;
    exempt(box);
    if (box.querySelector(UNNAMED)) name();
  });
  const keep = (event) => event.stopPropagation(); // notebook 6 takes keys that bubble for its own
  exempt(box);
  name();
  runner.on("change:controls", name);
  box.addEventListener("keydown", keep);
  added.observe(box, { childList: true, subtree: true });
  return () => {
    turn++;
    end();
    added.disconnect();
    runner.off("change:controls", name);
    box.removeEventListener("keydown", keep);
  };
}
