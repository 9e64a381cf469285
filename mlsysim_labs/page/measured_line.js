// What was measured beside a picture: a line in words, a card with all of it, and marks in the picture itself. A
// picture tells where its axes are, in its SVG's `data-axes` as [kind, from, to, first pixel, last pixel] for x and for
// y; or in `data-time`, where it has one of time alone: its end [s], and the pixels of its line and of a mark's head.

const SVG = "http://www.w3.org/2000/svg";
const MARK = "M0-7L7 0L0 7L-7 0Z",
  HAND = 15, // [px] around a mark that a finger meets
  PARTS = 3; // numbers of each row
const LATE = 400, // [ms] a picture may come later than what was measured beside it
  TRIES = 25;

const make = (parent, tag, name, more = {}) => {
  const node = parent.appendChild(document.createElement(tag));
  return Object.assign(node, { className: name, ...more });
};
const draw = (parent, tag, attributes) => {
  const node = parent.appendChild(document.createElementNS(SVG, tag));
  for (const name in attributes) node.setAttribute(name, attributes[name]);
  return node;
};
const tied = (text) => text.replace(/(\d) (?=[%\p{L}])/gu, "$1\u00a0"); // no line starts with a unit
const find = (model, ref) => model.widget_manager.get_model(ref.replace("IPY_MODEL_", ""));
const numbers = (v) =>
  Object.values(v?.buffer ? new Float64Array(v.buffer, v.byteOffset, v.byteLength / 8) : (v ?? []));

// A place on an axis: at its end, where it is beyond.
function pixel([kind, from, to, first, last], value) {
  const of = kind === "log" ? Math.log : (x) => x,
    share = (of(value) - of(from)) / (of(to) - of(from));
  return first + Math.max(0, Math.min(1, share)) * (last - first);
}

const AXES = "svg[data-axes], svg[data-time]";
function axesOf({ dataset: { axes, time }, viewBox }) {
  if (axes) return JSON.parse(axes);
  const [end, foot, head] = time.split(",").map(Number);
  return [
    ["linear", 0, end, 0, viewBox.baseVal.width],
    ["row", 0, 0, foot, head || foot],
  ];
}

// The rows that are seen, with their numbers.
const seenOf = (model) => {
  const places = numbers(model.get("places"));
  return model
    .get("rows")
    .map((row, i) => ({ ...row, i, seen: places[PARTS * i] > 0.5, x: places[PARTS * i + 1], y: places[PARTS * i + 2] }))
    .filter((row) => row.seen);
};

// Marks in an SVG that says where its axes are; `point` hears which row a hand is at, `open` which one it wants.
function makeMarks(svg, { point, open }) {
  const group = draw(svg, "g", { class: "lab-marks" });
  return {
    place(rows, pointed) {
      const [across, up] = axesOf(svg);
      group.replaceChildren();
      for (const row of rows) {
        const isRow = up[0] === "row";
        if (!Number.isFinite(row.x) || !(isRow || Number.isFinite(row.y))) continue;
        const x = pixel(across, row.x),
          y = isRow ? up[3] : pixel(up, row.y);
        const mark = draw(group, "g", { class: `lab-mark${row.i === pointed ? " lab-mark-pointed" : ""}` });
        if (isRow) draw(mark, "path", { class: "lab-mark-line", d: `M${x} ${up[4]}V${up[3]}` });
        draw(mark, "path", { class: "lab-mark-sign", d: MARK, transform: `translate(${x} ${y})` });
        const hand = draw(mark, "circle", { class: "lab-mark-hand", cx: x, cy: y, r: HAND });
        hand.addEventListener("pointerenter", () => point(row.i));
        hand.addEventListener("pointerleave", () => point(-1));
        hand.addEventListener("click", () => open(row.i));
      }
    },
    svg,
    stop: () => group.remove(),
  };
}

function fillCard(card, rows, all, pointed) {
  card.replaceChildren();
  const first = [...rows].sort((a, b) => (b.i === pointed) - (a.i === pointed));
  for (const row of first) {
    const one = make(card, "div", "lab-measured-row");
    make(one, "p", "lab-measured-says", { textContent: tied(row.says) });
    make(one, "p", "lab-measured-soft", { textContent: tied(row.where) });
    const more = [row.note, row.band].filter(Boolean).join(" ");
    if (more) make(one, "p", "lab-measured-more", { textContent: tied(more) });
    const link = { href: row.url, target: "_blank", rel: "noopener", textContent: row.title };
    make(make(one, "p", "lab-measured-soft"), "a", "lab-measured-source", link);
  }
  const others = all.filter((_, i) => !rows.some((row) => row.i === i));
  if (!others.length) return;
  const rest = make(card, "details", "lab-measured-rest", { open: rows.length === 0 });
  make(rest, "summary", "", { textContent: `Measured at other settings: ${others.length}` });
  const list = make(rest, "ul", "");
  for (const row of others) make(list, "li", "", { textContent: tied(row.elsewhere) });
}

function render({ model, el }) {
  const root = make(el, "div", "lab-measured"),
    line = make(root, "button", "lab-measured-line", { type: "button", ariaExpanded: "false" }),
    words = make(line, "span", "lab-measured-words"),
    count = make(line, "span", "lab-measured-count"),
    card = make(root, "div", "lab-measured-card", { hidden: true, role: "group", ariaLabel: "What was measured" });
  const box = () => el.closest(".lab-box"),
    frame = () => box()?.querySelector(`.lab-picture-${model.get("picture")}`);
  let pointed = -1,
    marks = null,
    told = "";
  let drawn = null; // the model of the picture
  const watch = new MutationObserver(() => place());

  const place = () => {
    const svg = frame()?.querySelector(AXES);
    if (svg && svg !== marks?.svg) {
      marks?.stop();
      watch.disconnect();
      marks = makeMarks(svg, { point, open: (i) => show(true, i) });
      watch.observe(svg, { attributes: true, attributeFilter: ["data-axes", "data-time"] });
    }
    marks?.place(seenOf(model), pointed);
  };
  const tell = (rows, all) => {
    const [row] = pointed < 0 ? rows : rows.filter(({ i }) => i === pointed);
    const text = row?.short ?? "Measured at other settings",
      more = rows.length > 1 && pointed < 0 ? `+${rows.length - 1}` : "";
    if (words.textContent !== text) words.textContent = text;
    if (count.textContent !== more) count.textContent = more;
    line.ariaLabel = [`${text} ${more}`.trim(), ...rows.map(({ says, title }) => `${says}. ${title}`)].join(". ");
    line.classList.toggle("lab-measured-none", rows.length === 0);
    root.hidden = all.length === 0;
  };
  const write = () => {
    const rows = seenOf(model),
      all = model.get("rows"),
      key = JSON.stringify([rows.map(({ i }) => i), all.length, pointed]);
    tell(rows, all);
    if (key !== told) fillCard(card, rows, all, pointed);
    told = key;
    for (const link of root.querySelectorAll("button, a, summary")) link.dataset.lmSuppressShortcuts = "true";
    reach(rows);
    place();
  };
  // An axis of time reaches to what is marked on it.
  const reach = (rows) => {
    const times = rows.filter(({ y }) => !Number.isFinite(y)).map(({ x }) => (Number.isFinite(x) ? x : 0));
    drawn?.set("reach", Math.max(0, ...times));
  };
  const point = (i) => {
    if (pointed === i) return;
    pointed = i;
    write();
  };
  const show = (yes, i = -1) => {
    card.hidden = !yes;
    line.ariaExpanded = String(yes);
    if (i >= 0) point(i);
  };
  line.addEventListener("click", () => show(card.hidden));
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || card.hidden) return;
    event.stopPropagation();
    show(false);
    line.focus();
  });
  const away = (event) => {
    if (!root.contains(event.target) && !event.target.closest?.(".lab-mark")) show(false);
  };
  addEventListener("pointerdown", away, true);
  let due = false,
    tries = TRIES;
  const soon = () => {
    if (!due) queueMicrotask(() => due && ((due = false), write()));
    due = true;
  };
  // The picture may be drawn later than this, and anew.
  const timer = setInterval(() => {
    if (!model.get("rows").length || marks?.svg.isConnected || tries-- <= 0) return;
    soon();
  }, LATE);
  const again = () => {
    tries = TRIES;
    soon();
  };
  model.on("change:rows change:places", again);
  write();
  find(model, model.get("drawn")).then((found) => {
    drawn = found;
    soon();
  });
  return () => {
    due = false;
    clearInterval(timer);
    watch.disconnect();
    marks?.stop();
    removeEventListener("pointerdown", away, true);
    model.off("change:rows change:places", again);
  };
}

export default { render };
