// Above a plot: its sentence as the title, or else the names of its axes; the name of the y axis, and of each line. The
// figure of bqplot beside it is called the same.

const PAUSE = 700; // [ms] between sentences read aloud
const SLIM = 480; // [px] less is a phone, or half a window
const TRAITS = ["says", "said", "said_names", "said_units", "legend", "names", "places"];
const DASHES = { solid: "none", dashed: "6 4", dotted: "2 4", dash_dotted: "6 3 2 3" };

const four = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const read = (x) => (Number.isFinite(x) ? four.format(x) : "–");
const numbers = (v) =>
  Object.values(v?.buffer ? new Float64Array(v.buffer, v.byteOffset, v.byteLength / 8) : (v ?? []));
const bare = (name) => name.replace(/\s*\[[^\]]*\]$/, "");
const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

const make = (parent, tag, name, text = "") => {
  const node = parent.appendChild(document.createElement(tag));
  node.className = name;
  node.textContent = text;
  return node;
};

function swatch(parent, [label, colour, dash]) {
  const entry = make(parent, "span", "lab-plot-line"),
    svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"),
    line = svg.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  for (const [name, value] of Object.entries({ width: 24, height: 8, "aria-hidden": "true" }))
    svg.setAttribute(name, value);
  line.setAttribute("d", "M0 4H24");
  line.setAttribute("style", `stroke: var(--${colour}); stroke-dasharray: ${DASHES[dash]}; stroke-width: 2.5`);
  entry.append(svg, label);
}

// Where bqplot has put an axis: its first and last marks tell, whose numbers d3 keeps with them.
function spanOf([kind, low, high], axis, part) {
  const of = kind === "log" ? Math.log : Number,
    ticks = [...axis.querySelectorAll(".tick")];
  const [a, b] = [ticks[0], ticks.at(-1)].map((tick) => [of(tick?.__data__), tick?.getCTM()?.[part]]);
  const at = (value) => a[1] + ((of(value) - a[0]) / (b[0] - a[0])) * (b[1] - a[1]);
  return [kind, low, high, at(low), at(high)];
}

function render({ model, el }) {
  const head = make(el, "div", "lab-drawing lab-plot-head"),
    says = make(head, "div", "lab-drawing-says"),
    legend = make(head, "div", "lab-legend lab-plot-legend"),
    live = make(document.body, "div", "lab-drawing-live");
  const [x, y] = ["x", "y"].map((axis) => model.get(axis));
  live.ariaLive = "polite";
  let due = false,
    timer = 0,
    drawn = null,
    heard = "";

  const sentence = () => {
    const v = Object.fromEntries(TRAITS.slice(0, 4).map((trait) => [trait, model.get(trait)]));
    return v.says && saidText(v);
  };
  const points = () => {
    const places = numbers(model.get("places"));
    const all = model.get("names").map((name, i) => [name, places[2 * i], places[2 * i + 1]]);
    return all.filter(([, x]) => Number.isFinite(x)).map(([name, x, y]) => `${name}: ${read(x)}, ${read(y)}`);
  };
  const fill = () => {
    drawn = model.get("legend");
    legend.replaceChildren();
    make(legend, "span", "lab-plot-y", `↑ ${y}`);
    drawn.forEach((line) => swatch(legend, line));
  };
  const speak = () => {
    timer = 0;
    live.textContent = heard;
  };
  const draw = () => {
    due = false;
    const text = sentence();
    heard = text || [`${capital(bare(y))} over ${bare(x)}.`, points().join("; ")].join(" ").trim();
    const shown = text || `${capital(bare(y))} over ${bare(x)}`;
    if (says.textContent !== shown) says.textContent = shown;
    if (drawn !== model.get("legend")) fill();
    const figure = el.closest(".lab-plot")?.querySelector(".bqplot");
    if (figure) {
      figure.role = "img";
      const lines = drawn.map(([label]) => label).join(", ");
      figure.ariaLabel = lines ? `${heard} Lines: ${lines}.` : heard;
    }
    if (figure) watchAxes(figure);
    if (live.textContent !== heard) timer ||= setTimeout(speak, PAUSE);
  };
  // For whoever marks something in the figure.
  const tellAxes = (figure) => {
    const axes = [...figure.querySelectorAll("g.axis")].map((axis, i) => spanOf(model.get("axes")[i], axis, "ef"[i])),
      svg = figure.querySelector(".svg-figure"),
      text = JSON.stringify(axes);
    const isKnown = svg && axes.length === 2 && axes.flat().every((x) => x === x);
    if (isKnown && svg.dataset.axes !== text) svg.dataset.axes = text; // else it would be drawn for ever
  };
  let watched = null,
    watch = null;
  const watchAxes = (figure) => {
    if (watched === figure) return;
    watch?.disconnect();
    watched = figure;
    watch = new MutationObserver(() => tellAxes(figure));
    const behind = figure.querySelector(".svg-background") ?? figure; // where the axes are, and no mark of ours
    watch.observe(behind, { subtree: true, childList: true, attributes: true, attributeFilter: ["transform"] });
    tellAxes(figure);
  };
  const soon = () => {
    if (!due) queueMicrotask(() => due && draw());
    due = true;
  };
  const listen = (how) => TRAITS.forEach((trait) => model[how]("change:" + trait, soon));
  listen("on");
  draw();
  // Under the title a plot is as high as other pictures.
  const sized = new ResizeObserver(() => {
    const height = (head.clientWidth < SLIM ? 232 : 300) - legend.offsetHeight;
    el.closest(".lab-plot")?.style.setProperty("--plot-height", `${height}px`);
  });
  sized.observe(head);
  sized.observe(legend);
  const late = setTimeout(soon, 1000); // the figure is there, too
  return () => {
    due = false;
    clearTimeout(timer);
    clearTimeout(late);
    sized.disconnect();
    watch?.disconnect();
    live.remove();
    listen("off");
  };
}

export default { render };
