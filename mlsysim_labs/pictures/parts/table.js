// What stands under a picture: its numbers as a table that can be opened and copied, and the picture as a file.
// The runner writes the numbers (v0, v1, ...); the table is drawn while it is open, and some tables say them aloud.

const PAUSE = 1000; // [ms] between sentences read aloud
// How an element looks: what it has of its parent, and what it has of its own unless that is what any element has.
const PASSED = [
  "color",
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-opacity",
  "stroke-linejoin",
  "font-family",
  "font-size",
  "font-weight",
  "line-height",
  "text-anchor",
  "dominant-baseline",
  "paint-order",
  "shape-rendering",
  "visibility",
  "white-space",
];
const OWN = [
  "opacity",
  "background",
  "border",
  "box-sizing",
  "display",
  "flex",
  "flex-direction",
  "flex-wrap",
  "gap",
  "width",
  "height",
  "max-width",
  "margin",
  "padding",
  "position",
  "left",
  "top",
  "right",
  "bottom",
  "transform",
  "box-shadow",
  "clip-path",
  "overflow",
];
const USUAL = new Set([
  "auto",
  "none",
  "normal",
  "static",
  "visible",
  "inline",
  "0 1 auto",
  "row",
  "nowrap",
  "content-box",
  "rgba(0, 0, 0, 0) none repeat scroll 0% 0% / auto padding-box border-box",
]);

const read = (x) => (Number.isFinite(x) ? x.toLocaleString("en", { maximumSignificantDigits: 4 }) : "–");
const listed = (v) => (v === undefined ? [] : typeof v === "number" ? [v] : [...v]);

// The rows of the table: a head, then a line for each number, or for each place of the arrays.
function rows(labels, values) {
  const long = labels.map((_, i) => i).filter((i) => typeof values[i] !== "number" && values[i] !== undefined);
  const single = labels.map((_, i) => i).filter((i) => typeof values[i] === "number");
  const lines = single.map((i) => [labels[i], values[i]]);
  if (!long.length) return [lines];
  const columns = long.map((i) => listed(values[i])),
    count = Math.max(...columns.map((c) => c.length));
  const body = Array.from({ length: count }, (_, k) => columns.map((c) => c[k] ?? NaN));
  return [lines, [long.map((i) => labels[i]), ...body]];
}

const cell = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const csv = (tables) =>
  tables
    .filter((t) => t.length)
    .map((t) => t.map((r) => r.map((x) => cell(String(x))).join(",")).join("\n"))
    .join("\n\n");

// A copy of an element that looks the same where no style sheet is known.
function copied(node) {
  const copy = node.cloneNode(true),
    from = [node, ...node.querySelectorAll("*")],
    to = [copy, ...copy.querySelectorAll("*")];
  from.forEach((element, i) => {
    const look = getComputedStyle(element),
      above = i ? getComputedStyle(element.parentElement) : null,
      of = (name) => look.getPropertyValue(name);
    const passed = PASSED.filter((name) => of(name) !== above?.getPropertyValue(name)),
      own = OWN.filter((name) => !USUAL.has(of(name)));
    to[i].removeAttribute("class");
    to[i].setAttribute("style", [...passed, ...own].map((name) => `${name}:${of(name)}`).join(";"));
  });
  return copy;
}

// The picture as a drawing: its own, where it is one, else its elements within one.
function drawing(picture) {
  const whole = picture.querySelector(".lab-drawing > svg");
  if (whole) return standalone(whole);
  const { width, height } = picture.getBoundingClientRect();
  const paper = getComputedStyle(document.body).getPropertyValue("--jp-layout-color0").trim() || "Canvas";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const inside = document.createElementNS("http://www.w3.org/2000/svg", "foreignObject");
  inside.setAttribute("width", "100%");
  inside.setAttribute("height", "100%");
  const copy = copied(picture);
  copy.setAttribute("xmlns", "http://www.w3.org/1999/xhtml");
  svg.append(inside);
  inside.append(copy);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  svg.setAttribute("width", Math.ceil(width));
  svg.setAttribute("height", Math.ceil(height));
  svg.style.background = paper;
  return new XMLSerializer().serializeToString(svg);
}

function offer(url, name) {
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

async function painted(text) {
  const image = new Image();
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: 2 * image.width, height: 2 * image.height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

const make = (parent, tag, name, text = "") => {
  const node = parent.appendChild(document.createElement(tag));
  node.className = name;
  node.textContent = text;
  return node;
};

function render({ model, el }) {
  const name = model.get("name");
  const box = make(el, "div", "lab-table"),
    said = make(box, "span", "lab-table-said");
  const sheet = make(box, "div", "lab-table-sheet");
  said.role = "status";
  Object.assign(sheet, { hidden: true, tabIndex: 0, role: "region", ariaLabel: "Table of " + name }); // it may scroll
  sheet.dataset.lmSuppressShortcuts = "true";
  const live = model.get("speaks") ? make(document.body, "div", "lab-live") : null;
  if (live) live.ariaLive = "polite";
  let due = false,
    timer = 0;

  const tables = () =>
    rows(
      model.get("labels"),
      model.get("labels").map((_, i) => model.get("v" + i)),
    );
  const draw = () => {
    due = false;
    if (sheet.hidden) return;
    sheet.replaceChildren(
      ...tables()
        .filter((t) => t.length)
        .map((lines, which) => {
          const table = document.createElement("table");
          lines.forEach((line, row) => {
            const tr = table.insertRow();
            line.forEach((value, column) => {
              const head = which ? row === 0 : column === 0;
              const td = tr.appendChild(document.createElement(head ? "th" : "td"));
              if (head) td.scope = which ? "col" : "row";
              td.textContent = typeof value === "number" ? read(value) : value;
            });
          });
          return table;
        }),
    );
  };
  const speak = () => {
    timer = 0;
    live.textContent = tables()[0]
      .map(([label, value]) => `${label}: ${read(value)}`)
      .join(", ");
  };
  const soon = () => {
    if (!due) queueMicrotask(draw);
    due = true;
    if (live) timer ||= setTimeout(speak, PAUSE);
  };
  const button = (text, act) => {
    const node = make(box, "button", "lab-preset lab-table-button", text);
    node.dataset.lmSuppressShortcuts = "true"; // JupyterLab asks the focused element itself
    said.before(node);
    node.addEventListener("click", async () => {
      try {
        said.textContent = await act(node);
      } catch (problem) {
        said.textContent = `That did not work here: ${problem.message ?? problem}`;
      }
    });
    return node;
  };
  const fold = button("Table", (node) => {
    sheet.hidden = !sheet.hidden;
    node.ariaExpanded = String(!sheet.hidden);
    draw();
    return "";
  });
  fold.ariaExpanded = "false";
  const picture = () => el.closest(".lab-picture").querySelector(".lab-drawn");
  const blob = (text) => URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  button("Copy as CSV", async () => (await navigator.clipboard.writeText(csv(tables())), "copied"));
  button("Save as SVG", () => (offer(blob(drawing(picture())), name + ".svg"), "saved"));
  button(
    "Save as PNG",
    async () => (offer(URL.createObjectURL(await painted(drawing(picture()))), name + ".png"), "saved"),
  );
  model.on("change", soon);
  soon();
  return () => {
    clearTimeout(timer);
    live?.remove();
    model.off("change", soon);
  };
}

export default { render };
