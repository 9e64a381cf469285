// The memory of an accelerator as one bar, to scale; what has no room hangs over the out-of-memory line.
// All follows from the traits; elements are made once, then moved.

const AMOUNTS = ["capacity", "weights", "cache", "reserve", "users"];
const TRAITS = [...AMOUNTS, "unit", "chip", "model", "caption"];
const SLACK = 0.5; // [byte] less is rounding
const MOST_TICKS = 64; // [users]
const PAUSE = 1000; // [ms] between sentences read aloud

const whole = (n) => n.toLocaleString("en");
const digits = (x) => x.toLocaleString("en", { minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
const isAmount = (x) => Number.isFinite(x) && x >= 0;
const sizeIn = (unit) => (x) =>
  isAmount(x) ? `${x > SLACK ? digits(x / (unit === "GiB" ? 2 ** 30 : 1e9)) : 0} ${unit}` : "–";

function sentence({ capacity, weights, cache, reserve, users }, size) {
  const left = capacity - reserve - weights,
    free = left - cache,
    share = users > 0 ? cache / users : 0;
  const fit = (room) => Math.floor((room + SLACK) / share),
    s = (n) => (n === 1 ? "" : "s");
  if (free >= -SLACK) {
    const more = fit(free),
      room = more ? `room for ${whole(more)} more user${s(more)}` : "no room for one more user";
    return `Fits: ${size(Math.max(0, free))} free${share ? `, ${room} of this context` : ""}.`;
  }
  if (weights > capacity) return `The weights alone exceed the memory by ${size(weights - capacity)}.`;
  if (left < -SLACK) return `Weights and reserve alone exceed the memory by ${size(-left)}.`;
  const out = Math.max(1, users - fit(left));
  const who = `${whole(out)} of ${whole(users)} user${s(users)} do${out === 1 ? "es" : ""} not fit`;
  return `Out of memory by ${size(-free)}${share ? ": " + who : ""}.`;
}

// The constraint, what it needs and has, and what to try first; nothing while all of it fits.
function shortage({ capacity, weights, cache, reserve, users }, size) {
  const need = weights + cache,
    short = need + reserve - capacity,
    left = capacity - reserve - weights;
  if (short <= SLACK) return "";
  const fit = users > 0 ? Math.floor((left + SLACK) / (cache / users)) : 0,
    narrow = "a shorter context, or fewer bits for the cache";
  const first =
    left <= SLACK
      ? "a chip with more memory, several chips, or narrower weights"
      : fit
        ? `fewer users at once (room for ${whole(fit)}), ${narrow}`
        : narrow;
  const has = size(capacity) + (reserve > SLACK ? ` (${size(reserve)} of it reserved)` : "");
  return `Memory: needs ${size(need)}, has ${has}: short by ${size(short)}. First remedy: ${first}.`;
}

const make = (parent, name, tag = "div") => {
  const node = parent.appendChild(document.createElement(tag));
  node.className = "lab-tank-" + name;
  return node;
};

function render({ model, el }) {
  const figure = make(el, "", "figure");
  const live = make(document.body, "live"); // not in the figure: role=img hides it
  figure.role = "img";
  live.ariaLive = "polite";
  const [caption, title, limit, bar, says, why, legend] = [
    "caption",
    "title",
    "limit",
    "bar",
    "says",
    "why",
    "legend",
  ].map((name) => make(figure, name));
  const cells = [caption, title, limit, says, why];
  for (const kind of ["weights", "cache", "reserve", "rest"]) {
    const item = make(legend, "item");
    make(item, "swatch lab-tank-" + kind, "span");
    cells.push(make(item, "name", "span"), make(item, "size"), make(item, "note"));
  }
  const parts = ["weights", "cache", "reserve", "more-weights", "more-cache", "box", "line"].map((name) =>
    make(bar, name),
  );
  let due, timer;

  const place = ({ capacity, weights, cache, reserve, users }, scale) => {
    const usable = Math.max(0, capacity - reserve),
      held = Math.min(weights, usable),
      cached = Math.min(cache, usable - held);
    const percent = (x) => `${(100 * x) / scale}%`;
    [
      [0, held],
      [held, cached],
      [usable, capacity - usable],
      [capacity, weights - held],
      [capacity + weights - held, cache - cached],
      [0, capacity],
    ].forEach(([from, size], i) => {
      const { style } = parts[i];
      style.left = percent(from);
      style.width = percent(size);
      style.setProperty("--share", users && users <= MOST_TICKS ? `${(100 * cache) / users / size}%` : "");
    });
    figure.style.setProperty("--limit", percent(capacity));
  };

  const draw = () => {
    due = false;
    const v = Object.fromEntries(TRAITS.map((name) => [name, model.get(name)])),
      size = sizeIn(v.unit);
    const total = v.weights + v.cache + v.reserve,
      over = total - v.capacity;
    const ok = AMOUNTS.every((name) => isAmount(v[name])) && v.capacity && isAmount(total),
      full = ok && over > SLACK;
    if (ok) place(v, Math.max(v.capacity, total));
    figure.className = `lab-tank${ok ? "" : " lab-dim"}${full ? " lab-tank-full" : ""}`;
    const text = ok ? sentence(v, size) : "No value for these settings.",
      missing = ok ? shortage(v, size) : "";
    figure.ariaLabel = [v.caption && v.caption + ":", text, missing].filter(Boolean).join(" ");
    const each = v.users && v.cache ? `${whole(v.users)} × ${size(v.cache / v.users)}` : "";
    const texts = [
      v.caption,
      [v.model, v.chip].filter(Boolean).join(" on "),
      `out of memory at ${size(v.capacity)}`,
      text,
      missing,
      "weights",
      size(v.weights),
      "",
      "KV cache",
      size(v.cache),
      ok ? each : "–",
      "reserve",
      size(v.reserve),
      "",
      full ? "does not fit" : "free",
      size(ok ? Math.abs(over) : NaN),
      "",
    ];
    cells.forEach((cell, i) => {
      if (cell.textContent !== texts[i]) cell.textContent = texts[i];
    });
    if (live.textContent !== figure.ariaLabel) timer ||= setTimeout(speak, PAUSE);
  };
  const speak = () => {
    timer = 0;
    live.textContent = figure.ariaLabel;
  };
  // Once for all traits of a message, and in the same task: waiting for the next frame would show it a frame late.
  const soon = () => {
    if (!due) queueMicrotask(() => due && draw());
    due = true;
  };
  const listen = (how) => TRAITS.forEach((name) => model[how]("change:" + name, soon));

  listen("on");
  draw();
  return () => {
    due = false;
    clearTimeout(timer);
    live.remove();
    listen("off");
  };
}

export default { render };
