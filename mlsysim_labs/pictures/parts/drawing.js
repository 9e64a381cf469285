// What the pictures in SVG share: elements, numbers for people, and a figure that is drawn again when a trait or its
// width changes. A picture's class puts this file before its own.

const NOTHING = "No value for these settings.";
const MOST = 4; // rows or points
const PAUSE = 700; // [ms] between sentences read aloud
const UNKNOWN_WIDTH = 640; // [px] while it is not on a page
const NARROW = 560; // [px] less has no room for two texts beside each other
const TEXT = 13,
  HEADING = 15,
  BIG = 44,
  LINE = 16; // [px] sizes of texts, and the height that a text takes
const SLIM = 480; // [px] less is a phone, or half a window

// What a picture is high under its title, whatever it shows: a page does not jump.
const heightFor = (width) => (width < SLIM ? 232 : 300);

const few = new Intl.NumberFormat("en", { minimumSignificantDigits: 2, maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const brief = (x) =>
  x === 0
    ? "0"
    : x >= 1e6 || x < 1e-3
      ? x.toExponential(1).replace("e+", "e")
      : x >= 1000
        ? whole.format(x)
        : few.format(x);
const count = (n) => (n >= 1e9 ? brief(n) : tenths.format(n));
const percent = (share) => {
  const x = 100 * share;
  return `${x >= 99 && x < 1000 ? few.format(x) : x >= 9.95 && x < 99 ? whole.format(x) : brief(+x.toPrecision(2))} %`;
};
const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);
const clamp = (x, low, high) => Math.max(low, Math.min(high, x));

// A list, or an array as a program wrote it, or as a saved notebook gives it back: as bytes, or by index.
const numbers = (v) =>
  Object.values(v?.buffer ? new Float64Array(v.buffer, v.byteOffset, v.byteLength / 8) : (v ?? [])).map((x) =>
    typeof x === "number" ? x : NaN,
  );
const textsOf = (labels) => (labels ?? []).slice(0, MOST);

// What stays the same is not written: the browser would lay it out and paint it anew.
const set = (node, attributes) => {
  for (const name in attributes) {
    const value = String(attributes[name]);
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
  return node;
};
const make = (parent, tag, name, attributes = {}) =>
  set(parent.appendChild(document.createElementNS("http://www.w3.org/2000/svg", tag)), { class: name, ...attributes });
const textIn = (parent, name = "") => make(parent, "text", name);
const show = (node, yes) => set(node, { visibility: yes ? "inherit" : "hidden" });
const showAll = (nodes, yes) => nodes.forEach((node) => show(node, yes));
const move = (node, x, y, turn = 0) =>
  set(node, { transform: `translate(${x.toFixed(2)} ${y.toFixed(2)})${turn ? ` rotate(${turn})` : ""}` });
const write = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};

const tied = (text) => text.replaceAll(" %", "\u00a0%"); // no line starts with it

// Widths without asking for a layout: a picture is drawn at every move.
let family = "system-ui, sans-serif";
let font = "";
const pen = document.createElement("canvas").getContext("2d");
const widthOf = (text, weight = 400, size = TEXT) => {
  const wanted = `${weight} ${size}px ${family}`;
  if (font !== wanted) pen.font = font = wanted; // to read a font takes longer than to measure
  return pen.measureText(text).width;
};

const fit = (text, width, weight, size) => {
  const start = Array.from(text),
    cut = () => start.join("") + "…";
  if (widthOf(text, weight, size) <= width) return text;
  while (start.length && widthOf(cut(), weight, size) > width) start.pop();
  return cut();
};

// A thing that can be grabbed: while the hand holds it, `wanted` of where the hand is, in the picture's own
// coordinates, goes into the model as [trait, value]; whoever knows what moves that trait follows. `atOnce`: a press is
// enough.
function grab(model, svg, node, wanted, atOnce = false) {
  const at = (event) => {
    const { left, top } = svg.getBoundingClientRect();
    model.set("grabbed", wanted(event.clientX - left, event.clientY - top));
  };
  const let_go = () => {
    node.classList.remove("lab-drawing-held");
    for (const kind of ["pointermove", "pointerup", "pointercancel"]) node[`on${kind}`] = null;
  };
  node.classList.add("lab-drawing-grab");
  node.onpointerdown = (event) => {
    event.preventDefault();
    node.setPointerCapture(event.pointerId);
    node.classList.add("lab-drawing-held");
    if (atOnce) at(event);
    node.onpointermove = at;
    node.onpointerup = node.onpointercancel = let_go;
  };
}

// `build` makes the elements and returns `say`, a sentence of the traits ("" where they have no value), and `place`,
// which moves all to where the traits want them at a width, and gives the height.
function draw({ model, el }, name, traits, build) {
  const html = (parent, tag, kind) => {
    const node = parent.appendChild(document.createElement(tag));
    node.className = "lab-drawing" + kind;
    return node;
  };
  const figure = html(el, "figure", ""),
    ruler = html(figure, "div", "-ruler"); // observed: it has no height to change
  const says = html(figure, "div", "-says"),
    svg = make(figure, "svg", `lab-${name}`);
  const live = html(document.body, "div", "-live"); // not in the figure: role=img hides it
  figure.role = "img";
  live.ariaLive = "polite";
  const read = () => Object.fromEntries(traits.map((trait) => [trait, model.get(trait)]));
  const { say, place } = build(svg, read(), model);
  let due,
    timer,
    good,
    width = ruler.clientWidth;

  const redraw = () => {
    due = false;
    const now = read(),
      text = say(now);
    if (text) good = now; // else what was drawn stays, dimmed
    const across = width || UNKNOWN_WIDTH,
      height = place(good ?? now, across);
    set(svg, { width: across, height, viewBox: `0 0 ${across} ${height}` });
    figure.className = `lab-drawing${text ? "" : " lab-dim"}`;
    figure.ariaLabel = text || NOTHING;
    write(says, tied(text || NOTHING));
    if (live.textContent !== says.textContent) timer ||= setTimeout(speak, PAUSE);
  };
  // Not at each redraw: asking for a style makes the browser settle all of them.
  const dress = () => {
    family = getComputedStyle(figure).fontFamily || family;
  };
  const speak = () => {
    timer = 0;
    live.textContent = says.textContent;
  };
  // Once for all traits of a message, and in the same task: waiting for the next frame would show it a frame late.
  const soon = () => {
    if (!due) queueMicrotask(() => due && redraw());
    due = true;
  };
  const listen = (how) => traits.forEach((trait) => model[how]("change:" + trait, soon));
  const sized = new ResizeObserver(([entry]) => {
    if (entry.contentRect.width === width) return;
    width = entry.contentRect.width;
    dress();
    redraw();
  });

  listen("on");
  dress();
  redraw();
  sized.observe(ruler);
  return () => {
    due = false;
    clearTimeout(timer);
    sized.disconnect();
    live.remove();
    listen("off");
  };
}
