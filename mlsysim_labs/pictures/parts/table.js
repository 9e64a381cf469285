// The numbers of a picture as a table. The runner writes them (v0, v1, ...); the table is drawn while it can be seen,
// and some tables say their single numbers aloud.

const PAUSE = 1000; // [ms] between sentences read aloud
const isCount = (x) => Number.isInteger(x) && Math.abs(x) < 1e9; // of tokens, say: with every digit
const plain = new Intl.NumberFormat("en"),
  four = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const read = (x) => (Number.isFinite(x) ? (isCount(x) ? plain : four).format(x) : "–");

const make = (parent, tag, name) => {
  const node = parent.appendChild(document.createElement(tag));
  if (name) node.className = name;
  return node;
};

// `headed` : the first line names columns; else the first cell of each names its line.
function sheetTable(lines, headed) {
  const table = document.createElement("table");
  lines.forEach((line, row) => {
    const tr = make(table, "tr");
    line.forEach((value, column) => {
      const isHead = headed ? row === 0 : column === 0,
        cell = make(tr, isHead ? "th" : "td");
      if (isHead) cell.scope = headed ? "col" : "row";
      cell.textContent = typeof value === "number" ? read(value) : value;
    });
  });
  return table;
}

function render({ model, el }) {
  const sheet = make(make(el, "div", "lab-table"), "div", "lab-table-sheet");
  Object.assign(sheet, { tabIndex: 0, role: "region", ariaLabel: "Table of " + model.get("name") }); // it may scroll
  sheet.dataset.lmSuppressShortcuts = "true"; // JupyterLab asks the focused element itself
  const live = model.get("speaks") ? make(document.body, "div", "lab-live") : null;
  if (live) live.ariaLive = "polite";
  let due = false,
    isSeen = false,
    timer = 0;

  const draw = () => {
    due = false;
    if (!isSeen) return;
    const tables = tableOf(model).map((lines, which) => lines.length && sheetTable(lines, which === 1));
    sheet.replaceChildren(...tables.filter(Boolean));
  };
  const speak = () => {
    timer = 0;
    live.textContent = tableOf(model)[0]
      .map(([label, value]) => `${label}: ${read(value)}`)
      .join(", ");
  };
  const soon = () => {
    if (!due) queueMicrotask(draw);
    due = true;
    if (live) timer ||= setTimeout(speak, PAUSE);
  };
  const seen = new ResizeObserver(([entry]) => {
    const was = isSeen;
    isSeen = entry.contentRect.width > 0;
    if (isSeen && !was) draw();
  });
  model.on("change", soon);
  seen.observe(sheet.parentElement);
  soon();
  return () => {
    clearTimeout(timer);
    seen.disconnect();
    live?.remove();
    model.off("change", soon);
  };
}

export default { render };
