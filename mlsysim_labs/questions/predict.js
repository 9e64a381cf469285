// A prediction: a number on a logarithmic scale, or one of a few choices. The picture on the stage follows the guess,
// and it may be grabbed there. It is locked once; then the truth comes from the kernel.

const TRAITS = ["question", "given", "locked", "truth", "unkept", "may_play"];
const UNKEPT = "Not saved: kept only while this kernel runs.";
const MOST_TICKS = 7;
const PAUSE = 900; // [ms] after the last key before what is wrong is said

const digits = (x, most) => x.toLocaleString("en", { maximumSignificantDigits: most });
const short = (x) => (Math.abs(x) >= 1000 ? x.toLocaleString("en", { maximumFractionDigits: 0 }) : digits(x, 3));
const compact = (x) =>
  x >= 1e4 ? x.toLocaleString("en", { notation: "compact", maximumSignificantDigits: 3 }) : digits(x, 3);
const clock = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
const when = (time) => (time && !isNaN(new Date(time)) ? ` on ${new Date(time).toLocaleString("en-GB", clock)}` : "");
const single = (unit) => (/^[A-Za-z]{3,}s$/.test(unit) ? unit.slice(0, -1) : unit);
const withUnit = (text, unit) => (unit ? `${text} ${text === "1" ? single(unit) : unit}` : text);

// Powers of ten; where they are few, their multiples too.
function ticks(low, high) {
  const powers = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) powers.push(power);
  for (const steps of [[1], [1, 3], [1, 2, 5]]) {
    const all = powers.flatMap((power) => steps.map((step) => Number(`${step}e${power}`)));
    const found = all.filter((x) => x >= low && x <= high);
    if (found.length > 2) return found.filter((_, i) => i % Math.ceil(found.length / MOST_TICKS) === 0);
  }
  return [low, high];
}

// Shares go evenly from their low end to their high one, in steps of one percent; small ones do not.
const isEven = ({ low, unit }) => unit === "%" && low >= 1;
function evenScale(low, high) {
  const inside = (x) => Math.min(high, Math.max(low, x));
  return {
    place: (x) => (inside(x) - low) / (high - low),
    value: (place) => inside(Math.round(low + place * (high - low))),
    step: (x, way) => (x === null ? (way > 0 ? low : high) : inside(Math.round(x + way))),
    leap: (x, way) => (x === null ? (way > 0 ? low : high) : inside(Math.round(x + 10 * way))),
  };
}

// A logarithmic scale whose stops have two digits.
function scaleOf(limits) {
  const { low, high, whole = false } = limits;
  if (isEven(limits)) return evenScale(low, high);
  const inside = (x) => Math.min(high, Math.max(low, x));
  const tidy = (x) => inside(whole ? Math.round(Number(x.toPrecision(2))) : Number(x.toPrecision(2)));
  const stopAt = (x, way) => {
    const size = 10 ** (Math.floor(Math.log10(x) + way * 1e-9) - 1);
    return whole ? Math.max(1, size) : size;
  };
  return {
    place: (x) => (x > 0 ? Math.log(inside(x) / low) / Math.log(high / low) : 0),
    value: (place) => (place >= 1 ? high : place <= 0 ? low : tidy(low * (high / low) ** place)),
    step: (x, way) => (x === null ? (way > 0 ? low : high) : tidy(x + way * stopAt(x, way))),
    leap: (x, way) => (x === null ? (way > 0 ? low : high) : tidy(x * 10 ** (way / 4))),
  };
}

const PREFIXED = /^(\d+\.?\d*|\.\d+) ?([kKMG])$/,
  PREFIXES = { k: 1e3, K: 1e3, M: 1e6, G: 1e9 };
const DECIMAL_COMMA = /^\d+,\d{1,2}$/;
const PLAIN = /^((\d+|[1-9]\d{0,2}([ ,]\d{3})+)(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

// What is wrong with a typed number, or nothing.
function problemOf(text, value, { low, high, unit, whole }) {
  const [, amount, prefix] = text.match(PREFIXED) ?? [];
  if (prefix) return `Write the number out: ${digits(amount * PREFIXES[prefix], 15)} instead of ${text}.`;
  if (DECIMAL_COMMA.test(text)) return `A comma separates thousands here. Did you mean ${text.replace(",", ".")}?`;
  if (!PLAIN.test(text)) return `I can't read “${text}” as a number. Use digits, for example 40.`;
  const ends = withUnit(`${short(low)} to ${short(high)}`, unit);
  if (value < low || value > high) return `Use a number from ${ends}.`;
  if (whole && value % 1) return `Use a whole number: ${Math.floor(value)} or ${Math.ceil(value)}?`;
  return "";
}

// A typed number, or a sentence on it; none of both while nothing is typed.
function read(typed, limits) {
  const given = typed.trim(),
    { unit } = limits;
  const written = unit && [unit, single(unit), ...(unit === "×" ? ["x"] : [])].find((word) => given.endsWith(word));
  const text = written ? given.slice(0, -written.length).trim() : given;
  const value = Number(text.replace(/[ ,]/g, "")),
    problem = text && problemOf(text, value, limits);
  return text && !problem ? { value, problem } : { value: null, problem };
}

function drawTicks(parent, limits) {
  const { low, high } = limits,
    scale = scaleOf(limits),
    marks = isEven(limits) ? [low, 25, 50, 75, high].filter((x) => x >= low && x <= high) : ticks(low, high),
    node = make(parent, "div", "predict-ticks", { ariaHidden: "true" });
  for (const x of marks) {
    make(node, "span", "predict-tick", { textContent: compact(x) }).style.left = `${100 * scale.place(x)}%`;
  }
}

// A field and a slider in step. Neither shows a value before the student has given one.
function numberField(parent, limits, changed) {
  const { low, high, unit } = limits,
    scale = scaleOf(limits);
  const row = make(parent, "label", "act-row"),
    name = withUnit("Your guess", unit && `in ${unit}`);
  const typing = { type: "text", inputMode: "decimal", maxLength: 40, autocomplete: "off", ariaLabel: name };
  const field = make(row, "input", "act-field predict-field", { ...typing, placeholder: "?" });
  make(row, "span", "predict-unit", { textContent: unit });
  const sliding = { type: "range", min: 0, max: 1, step: "any", ariaLabel: `${name}, on the scale` };
  const area = make(parent, "div", "predict-area"),
    slider = make(area, "input", "predict-slider", sliding);
  make(area, "span", "predict-empty", { textContent: "drag, or type a number", ariaHidden: "true" });
  drawTicks(area, limits);
  const says = make(parent, "div", "act-quiet", { role: "status", id: freshId() });
  let value = null,
    timer;

  const show = () => {
    area.classList.toggle("lab-predict-none", value === null);
    slider.value = value === null ? 0 : scale.place(value);
    slider.setAttribute("aria-valuetext", value === null ? "no guess yet" : withUnit(short(value), unit));
  };
  const complain = () => {
    const { problem } = read(field.value, limits);
    write(says, problem);
    field.setAttribute("aria-invalid", String(Boolean(problem)));
  };
  const take = () => {
    clearTimeout(timer);
    value = read(field.value, limits).value;
    show();
    if (value === null) timer = setTimeout(complain, PAUSE);
    else complain();
    changed();
  };
  const set = (text) => {
    field.value = text;
    take();
  };
  const choose = (x) => set(digits(x, 15));
  const follow = () => choose(scale.value(Number(slider.value)));
  const up = () => scale.step(value, 1),
    down = () => scale.step(value, -1);
  const moves = {
    ArrowRight: up,
    ArrowUp: up,
    ArrowLeft: down,
    ArrowDown: down,
    Home: () => low,
    End: () => high,
    PageUp: () => scale.leap(value, 1),
    PageDown: () => scale.leap(value, -1),
  };

  field.setAttribute("aria-describedby", says.id);
  field.addEventListener("input", take);
  field.addEventListener("change", complain);
  slider.addEventListener("input", follow);
  slider.addEventListener("pointerup", () => value === null && follow()); // where the unseen handle was: no input event
  slider.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !(event.key in moves)) return;
    event.preventDefault();
    choose(moves[event.key]());
  });
  show();
  const enter = (act) =>
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // else the same press is the button's, once that has the focus
      complain();
      act();
    });
  return { get: () => value, text: () => field.value, set, enter, stop: () => clearTimeout(timer) };
}

// Options after the lock: which one was chosen, which one it is, and what each comes to as a bar.
function optionsShown(parent, options, own, truth) {
  const list = make(parent, "ul", "predict-choices");
  for (const option of options.includes(own) || !own ? options : [...options, own]) {
    // it was an option when it was locked
    const item = make(list, "li", "predict-choice"),
      [share, text] = truth.values?.[option] ?? [0, ""];
    const isOwn = option === own,
      isTruth = option === truth.value;
    item.classList.toggle("lab-predict-is", isTruth);
    make(item, "span", "predict-mark", { textContent: isTruth ? "✓" : isOwn ? "●" : "", ariaHidden: "true" });
    const label = make(item, "span", "predict-label", { textContent: option });
    if (isOwn) make(label, "span", "predict-yours", { textContent: "your guess" });
    make(item, "span", "predict-value", { textContent: text });
    if (truth.values) make(item, "span", "predict-bar").style.setProperty("--share", share);
  }
}

function render({ model, el }) {
  const get = (name) => model.get(name),
    isNumber = get("kind") === "number",
    memory = draft(model);
  const limits = { low: get("low"), high: get("high"), unit: get("unit"), whole: get("whole") };
  const root = box(el, "predict");
  const unread = (why) => write(told, why);
  const desk = sender(model, root, { changed: () => draw(), saved: () => memory.forget(), unread });
  const ask = heading(root, model);
  const open = make(root, "div", "act-open");
  const shut = make(root, "div", "act-shut", { tabIndex: -1, role: "group", ariaLabel: "Your locked guess" });
  const shown = make(shut, "div", "predict-shown"),
    verdict = make(shut, "div", "act-verdict", { role: "status" });
  const says = make(verdict, "strong", "predict-says"),
    why = make(verdict, "span", "predict-why");
  const guessed = () => (isNumber ? input.get() : get("options").indexOf(input.get()));
  let mine = false; // the guess comes from this card, and not from the picture
  const changed = () => {
    memory.set(isNumber ? input.text() : input.get());
    mine = true;
    model.set("guess", guessed() === -1 ? null : guessed());
    mine = false;
    write(told, "");
    draw();
  };
  const input = isNumber ? numberField(open, limits, changed) : radios(open, get("options"), get("question"), changed);
  const row = make(open, "div", "act-row");
  const lock = make(row, "button", "button main", { type: "button" });
  const note = make(row, "span", "act-note");
  const told = make(open, "div", "act-quiet", { role: "status" });
  const play = make(open, "button", "link", { type: "button", textContent: "Just let me play" });
  const isClass = get("mode") === "demo",
    repeat = make(shut, "button", "button predict-again", { type: "button", textContent: "Guess again" });
  let again = false, // before a class
    wasLocked = false;
  const isEmpty = () => (isNumber ? input.get() === null : !input.get());

  const draw = () => {
    const locked = get("locked"),
      truth = get("truth"),
      isLocked = "value" in locked || "sentence" in truth;
    const hadFocus = open.matches(":focus-within");
    ask();
    root.ariaLabel = `Prediction: ${get("question")}`;
    open.hidden = isLocked && !again;
    shut.hidden = !isLocked || again;
    play.hidden = !get("may_play") || isLocked;
    write(lock, isClass ? "Reveal" : "Lock my guess");
    lock.disabled = isEmpty();
    const warning = isEmpty() || isClass ? "" : "Once it's locked, you can't change it.";
    write(note, desk.isBusy() ? "Saving ..." : warning);
    if (!isLocked) return;
    shown.replaceChildren();
    if (!isNumber) optionsShown(shown, get("options"), locked.value, truth);
    else if (!("sentence" in truth))
      make(shown, "p", "predict-kept", { textContent: `You said ${withUnit(short(locked.value), limits.unit)}.` });
    const saved = get("unkept") ? UNKEPT : `✓ Saved${when(locked.time)}.`;
    write(says, truth.sentence ?? saved);
    write(why, truth.why ?? "");
    verdict.classList.toggle("lab-predict-told", "sentence" in truth);
    if (hadFocus && open.hidden) shut.focus();
  };
  const listen = (how) => {
    TRAITS.forEach((name) => model[how]("change:" + name, draw));
    model[how]("change:guess", grabbed);
    model[how]("change:locked", stand);
  };
  const grabbed = () => {
    const guess = get("guess");
    if (mine || guess === null || guess === guessed()) return;
    input.set(isNumber ? digits(guess, 15) : get("options")[guess]);
    if (!isNumber) changed();
  };
  // What is locked is what the picture shows from now on.
  const stand = () => {
    const { value } = get("locked"),
      guess = isNumber ? value : get("options").indexOf(value);
    if (value === undefined && wasLocked) input.set(""); // started over
    wasLocked = value !== undefined;
    if (typeof guess === "number" && guess >= 0) model.set("guess", guess);
  };

  lock.addEventListener("click", () => {
    const value = input.get();
    again = false;
    desk.send("lock", value, isNumber ? withUnit(short(value), limits.unit) : value);
  });
  repeat.hidden = !isClass;
  repeat.addEventListener("click", () => {
    again = true;
    draw();
  });
  play.addEventListener("click", () => desk.send("play", true, ""));
  if (isNumber) input.enter(() => !lock.disabled && lock.focus()); // a lock is for good: Enter twice
  const kept = memory.get();
  if (kept) {
    input.set(kept);
    if (!isNumber) changed();
  }
  listen("on");
  stand();
  draw();
  return () => {
    listen("off");
    desk.stop();
    input.stop?.();
  };
}

export default { render };
