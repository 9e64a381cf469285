// A prediction: a number on a logarithmic scale, or one of a few choices. The picture on the stage follows the guess,
// and it may be grabbed there. It is locked once; then the truth comes from the kernel.

const TRAITS = ["question", "given", "locked", "truth", "unkept", "may_play"];
const UNKEPT = "Not saved: kept in memory only.";
const PAUSE = 900; // [ms] after the last key before what is wrong is said

const clock = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
const when = (time) => (time && !isNaN(new Date(time)) ? ` on ${new Date(time).toLocaleString("en-GB", clock)}` : "");

const answers = answersOf(TABLES);

// What is wrong with a number, or nothing.
function problemOf(value, { low, high, unit, whole }) {
  const ends = withUnit(`${short(low)} to ${short(high)}`, unit);
  if (!(value >= low && value <= high)) return `Use a number from ${ends}.`;
  if (whole && value % 1) return `Use a whole number: ${Math.floor(value)} or ${Math.ceil(value)}?`;
  return "";
}

// A typed number, read as the kernel reads it, or a sentence on it; none of both while nothing is typed.
function read(typed, limits) {
  if (!answers.trimmed(typed)) return { value: null, problem: "" };
  try {
    const value = answers.guessOf(typed, limits.unit),
      problem = problemOf(value, limits);
    return { value: problem ? null : value, problem };
  } catch (problem) {
    if (!(problem instanceof AnswerError)) throw problem;
    return { value: null, problem: problem.message };
  }
}

// A field and a slider in step. Neither shows a value before the student has given one.
function numberField(parent, limits, changed) {
  const { low, high, unit } = limits,
    scale = scaleOf(limits);
  const row = make(parent, "label", "act-row"),
    name = withUnit("Your guess", unit && `in ${unit}`);
  const typing = { type: "text", maxLength: TABLES.rules.longest, autocomplete: "off", ariaLabel: name };
  const field = make(row, "input", "act-field predict-field", { ...typing, placeholder: "?" });
  make(row, "span", "predict-unit", { textContent: unit });
  const sliding = { type: "range", min: 0, max: 1, step: "any", ariaLabel: `${name}, on the scale` };
  const area = make(parent, "div", "predict-area"),
    slider = make(area, "input", "predict-slider", sliding);
  make(area, "span", "predict-empty", { textContent: "drag, or type a number", ariaHidden: "true" });
  drawTicks(area, limits);
  const says = make(parent, "div", "act-quiet", { role: "status", id: freshId() });
  let value = null,
    typed = false, // and neither slid nor grabbed
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
  const choose = (x) => {
    typed = false;
    set(digits(x, 15));
  };
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
  field.addEventListener("input", () => {
    typed = true;
    take();
  });
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
  const restore = (text) => {
    typed = text !== "";
    set(text);
  };
  const sent = () => (typed ? field.value : value);
  const focus = () => field.focus(),
    stop = () => clearTimeout(timer);
  return { area, get: () => value, text: () => field.value, sent, choose, restore, enter, focus, stop };
}

// Options after the lock: which one was chosen, or how often each, which one it is, and what each comes to as a bar.
function optionsShown(parent, options, own, truth, votes = []) {
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
    const yours = votes.length ? CLASS.share(votes, options.indexOf(option)) : isOwn && "your guess";
    if (yours) make(label, "span", "predict-yours", { textContent: yours });
    make(item, "span", "predict-value", { textContent: text });
    if (truth.values) make(item, "span", "predict-bar").style.setProperty("--share", share);
  }
}

function render({ model, el }) {
  const get = (name) => model.get(name),
    isNumber = get("kind") === "number",
    memory = CLASS ? { get() {}, set() {}, forget() {} } : draft(model);
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
  const guessed = () => (isNumber ? (input.posed ?? input.get)() : get("options").indexOf(input.get()));
  let mine = false; // the guess comes from this card, and not from the picture
  const changed = () => {
    if (!input) return; // it is being made
    memory.set(isNumber ? input.text?.() : input.get());
    mine = true;
    model.set("guess", guessed() === -1 ? null : guessed());
    mine = false;
    write(told, "");
    draw();
  };
  let input = null;
  if (CLASS) input = CLASS.input(open, isNumber && limits, model, changed);
  else if (isNumber) input = numberField(open, limits, changed);
  else input = radios(open, get("options"), get("question"), changed);
  const row = input.row ?? make(open, "div", "act-row");
  const lock = make(row, "button", "button main", { type: "button" });
  const note = make(row, "span", "act-note");
  const told = make(open, "div", "act-quiet", { role: "status" });
  const play = make(open, "button", "link", { type: "button", textContent: "Just let me play" });
  const repeat = make(shut, "button", "button predict-again", { type: "button", textContent: "Again" });
  let wasLocked = false;
  const isEmpty = () => (isNumber ? input.get() === null : !input.get());

  const draw = () => {
    const locked = get("locked"),
      truth = get("truth"),
      isLocked = "value" in locked || "sentence" in truth;
    const hadFocus = open.matches(":focus-within");
    ask();
    root.ariaLabel = `Prediction: ${get("question")}`;
    open.hidden = isLocked;
    shut.hidden = !isLocked;
    repeat.hidden = !CLASS || !("value" in locked);
    play.hidden = !get("may_play") || isLocked;
    write(lock, CLASS ? "Reveal" : "Lock my guess");
    lock.disabled = isEmpty();
    const warning = isEmpty() || CLASS ? "" : "Once it's locked, you can't change it.";
    write(note, desk.isBusy() ? "Saving ..." : warning);
    if (!isLocked) return;
    shown.replaceChildren();
    const said = CLASS ? get("class_guesses") : [];
    if (!isNumber) optionsShown(shown, get("options"), locked.value, truth, said);
    else if (said.length) CLASS.show(shown, said, limits, truth.value);
    else if (!("sentence" in truth) && !CLASS)
      make(shown, "p", "predict-kept", { textContent: `You said ${withUnit(short(locked.value), limits.unit)}.` });
    const saved = get("unkept") ? UNKEPT : `✓ Saved${when(locked.time)}.`;
    write(says, CLASS ? CLASS.say(truth.sentence ?? "") : (truth.sentence ?? saved));
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
    if (isNumber) return input.choose(guess);
    input.set(get("options")[guess]);
    changed();
  };
  // What is locked is what the picture shows from now on.
  const stand = () => {
    const { value } = get("locked"),
      guess = isNumber ? value : get("options").indexOf(value);
    if (value === undefined && wasLocked) (input.restore ?? input.set)(""); // started over
    wasLocked = value !== undefined;
    if (typeof guess === "number" && guess >= 0) model.set("guess", guess);
  };

  lock.addEventListener("click", () => {
    const value = input.get();
    if (isNumber) desk.send("lock", input.sent(), withUnit(short(value), limits.unit));
    else desk.send("lock", value);
  });
  repeat.addEventListener("click", () => desk.send("again", true, ""));
  play.addEventListener("click", () => desk.send("play", true, ""));
  if (isNumber) input.enter?.(() => !lock.disabled && lock.focus()); // a lock is for good: Enter twice
  const kept = memory.get();
  if (kept) {
    (input.restore ?? input.set)(kept);
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
