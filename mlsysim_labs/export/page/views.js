// Boxes, texts and modules in the page, as ipywidgets has them: the same classes, so the same style sheets.

const KINDS = {
  VBoxModel: (model, page) => boxView(model, page, "widget-vbox"),
  HBoxModel: (model, page) => boxView(model, page, "widget-hbox"),
  BoxModel: (model, page) => boxView(model, page, ""),
  HTMLModel: htmlView,
  AnyModel: moduleView,
  SelectionSliderModel: stopsView,
  IntSliderModel: rangeView,
  FloatSliderModel: rangeView,
  DropdownModel: listView,
  ToggleButtonsModel: buttonsView,
  CheckboxModel: boxedView,
  FigureModel: figureView,
};

// An element of a model, with the classes and the layout that the model has now and later.
export function nodeOf(model, tag, classes) {
  const node = document.createElement(tag);
  node.className = `jupyter-widgets ${classes}`.trim();
  let own = [];
  const dress = () => {
    node.classList.remove(...own);
    own = model.get("_dom_classes") ?? [];
    node.classList.add(...own);
  };
  for (const [name, value] of Object.entries(model.get("layout") ?? {})) node.style.setProperty(name, value);
  model.on("change:_dom_classes", dress);
  dress();
  return node;
}

export const part = (parent, tag, name, more = {}) =>
  Object.assign(parent.appendChild(document.createElement(tag)), { className: name, ...more });

// Draws now, and whenever one of these changes.
export function follow(model, names, draw) {
  model.on(names.map((name) => "change:" + name).join(" "), draw);
  draw();
}

// A model as an element. Modules are drawn when what they stand in is on the page, since they look around there.
export function viewOf(model, page) {
  return KINDS[model.kind](model, page);
}

function boxView(model, page, kind) {
  const node = nodeOf(model, "div", `widget-box ${kind}`),
    made = new Map();
  follow(model, ["children"], () => {
    const wanted = (model.get("children") ?? []).map((ref) => {
      if (!made.has(ref)) made.set(ref, viewOf(page.models.at(ref), page));
      return made.get(ref);
    });
    for (const child of made.values()) if (!wanted.includes(child)) child.remove(); // what others put there stays
    wanted.reduceRight((next, child) => {
      // what is there already is not moved: it would lose the focus
      if (child.parentNode !== node) node.insertBefore(child, next);
      return child;
    }, null);
    if (node.isConnected) page.settle();
  });
  return node;
}

function htmlView(model) {
  const node = nodeOf(model, "div", "widget-html"),
    inside = part(node, "div", "widget-html-content");
  follow(model, ["value"], () => (inside.innerHTML = model.get("value") ?? ""));
  return node;
}

function moduleView(model, page) {
  const node = nodeOf(model, "div", "");
  page.waiting.push(() => page.modules.get(model.script)?.render?.({ model, el: node, experimental: {} }));
  return node;
}
