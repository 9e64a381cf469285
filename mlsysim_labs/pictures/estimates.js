// Floor, estimate and band of a few figures as a table, and where the estimate comes from.

const TRAITS = ["labels", "floor", "expected", "low", "high"];
const read = (x) => (Number.isFinite(x) ? x.toLocaleString("en", { maximumSignificantDigits: 3 }) : "–");
const numbers = (v) =>
  Object.values(v?.buffer ? new Float64Array(v.buffer, v.byteOffset, v.byteLength / 8) : (v ?? []));

const make = (parent, tag, name = "", text = "") => {
  const node = parent.appendChild(document.createElement(tag));
  if (name) node.className = "lab-estimates-" + name;
  node.textContent = text;
  return node;
};

function render({ model, el }) {
  const root = make(el, "div", "box"),
    table = make(root, "table"),
    head = make(make(table, "thead"), "tr"),
    body = make(table, "tbody");
  make(head, "td");
  for (const text of ["at best", "expected", "8 of 10 between"]) make(head, "th", "", text).scope = "col";
  const origin = make(root, "details", "origin");
  const where = make(origin, "summary", "", "Where does the expected value come from?");
  make(
    origin,
    "p",
    "",
    "“At best” is the floor: nothing is lost, and no engine gets below. “Expected” is the profile of an engine, " +
      `fitted to measurements. ${model.get("origin")}`,
  );
  for (const [title, url] of Object.entries(model.get("links"))) {
    const link = make(make(origin, "p"), "a", "", title);
    Object.assign(link, { href: url, target: "_blank", rel: "noopener" });
  }
  origin.hidden = !model.get("origin");
  // JupyterLab's keys are not for these.
  for (const node of [where, ...origin.querySelectorAll("a")]) node.dataset.lmSuppressShortcuts = "true";
  let due = false;

  const cells = () => {
    const count = model.get("labels").length;
    while (body.rows.length > count) body.deleteRow(-1);
    while (body.rows.length < count) {
      const row = body.insertRow();
      make(row, "th").scope = "row";
      for (let i = 0; i < 3; i++) make(row, "td", i === 1 ? "expected" : "");
    }
  };
  const draw = () => {
    due = false;
    cells();
    const [labels, floor, expected, low, high] = TRAITS.map((name) =>
      name === "labels" ? model.get(name) : numbers(model.get(name)),
    );
    labels.forEach((label, i) => {
      const band = Number.isFinite(high[i]) ? `${read(low[i])} – ${read(high[i])}` : "not measured";
      [label, read(floor[i]), read(expected[i]), band].forEach((text, k) => {
        const cell = body.rows[i].cells[k];
        if (cell.textContent !== text) cell.textContent = text;
      });
    });
  };
  const soon = () => {
    if (!due) queueMicrotask(draw);
    due = true;
  };
  TRAITS.forEach((name) => model.on("change:" + name, soon));
  draw();
  return () => TRAITS.forEach((name) => model.off("change:" + name, soon));
}

export default { render };
