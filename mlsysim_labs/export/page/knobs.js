// Knobs as the browser has them, in the places where ipywidgets has its own.

function named(node, model, more = {}) {
  return part(node, "label", "widget-label", { textContent: model.get("description"), ...more });
}

function moved(model, name, value) {
  model.set(name, value);
  model.save_changes();
}

function slider(model, trait, { low, high, step, words }) {
  const node = nodeOf(model, "div", "widget-slider widget-hslider");
  named(node, model, { htmlFor: model.model_id });
  const input = part(part(node, "div", "slider-container"), "input", "page-slider", { type: "range" });
  Object.assign(input, { id: model.model_id, min: low, max: high, step });
  const said = part(node, "div", "widget-readout", { ariaHidden: "true" });
  input.addEventListener("input", () => moved(model, trait, Number(input.value)));
  follow(model, [trait], () => {
    const now = model.get(trait);
    if (Number(input.value) !== now) input.value = now;
    said.textContent = words(now);
    input.setAttribute("aria-valuetext", words(now));
  });
  return node;
}

export function stopsView(model) {
  const labels = model.get("_options_labels");
  return slider(model, "index", { low: 0, high: labels.length - 1, step: 1, words: (i) => labels[i] });
}

// A number as d3 would write it, in the few ways that sliders ask for.
function shortNumber(x, format = "") {
  const [, places] = /^,?\.(\d+)f$/.exec(format) ?? [];
  return places === undefined ? String(Number(x.toPrecision(6))) : x.toFixed(places);
}

export function rangeView(model) {
  const [low, high, step] = ["min", "max", "step"].map((name) => model.get(name));
  return slider(model, "value", { low, high, step, words: (x) => shortNumber(x, model.get("readout_format")) });
}

export function listView(model) {
  const node = nodeOf(model, "div", "widget-dropdown");
  named(node, model, { htmlFor: model.model_id });
  const input = part(node, "select", "", { id: model.model_id });
  for (const text of model.get("_options_labels")) part(input, "option", "", { textContent: text });
  input.addEventListener("change", () => moved(model, "index", input.selectedIndex));
  follow(model, ["index"], () => (input.selectedIndex = model.get("index")));
  return node;
}

export function buttonsView(model) {
  const node = nodeOf(model, "div", "widget-toggle-buttons");
  named(node, model);
  const group = part(node, "div", "", { role: "group", ariaLabel: model.get("description") });
  const buttons = model.get("_options_labels").map((text, i) => {
    const button = part(group, "button", "widget-toggle-button", { type: "button", textContent: text });
    button.addEventListener("click", () => moved(model, "index", i));
    return button;
  });
  follow(model, ["index"], () =>
    buttons.forEach((button, i) => {
      button.classList.toggle("mod-active", i === model.get("index"));
      button.setAttribute("aria-pressed", String(i === model.get("index")));
    }),
  );
  return node;
}

export function boxedView(model) {
  const node = nodeOf(model, "div", "widget-checkbox"),
    label = part(node, "label", "page-checkbox"),
    input = part(label, "input", "", { type: "checkbox" });
  label.append(model.get("description"));
  input.addEventListener("change", () => moved(model, "value", input.checked));
  follow(model, ["value"], () => (input.checked = model.get("value")));
  return node;
}
