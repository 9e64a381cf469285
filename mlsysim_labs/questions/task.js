// A task: an answer that the kernel judges or only keeps, hints one by one, and a reflection in the same manner.

const TRAITS = [
  ...["question", "given", "answer", "state", "feedback", "hints", "more_hints", "tries", "unkept"],
  ...["solved", "means", "derivation", "mode"],
];
const WORDS = { right: ["✓", "Right"], wrong: ["✗", "Not yet"], kept: ["●", "Saved"] };
const UNKEPT = ["⚠", "Not saved, only here"],
  SHOWN = ["●", "Shown, not kept"];

function textField(parent, kind, hint, changed, enter) {
  const isText = kind === "text",
    maxLength = LONGEST[kind];
  const row = make(parent, "div", isText ? "task-area" : "act-row");
  const typing = { maxLength, autocomplete: "off", ariaLabel: isText ? "Your text" : "Your answer" };
  const field = make(row, isText ? "textarea" : "input", "act-field task-field", typing);
  if (isText) field.rows = 4;
  else field.type = "text";
  const help = make(row, "span", "act-note", { id: freshId() });
  field.setAttribute("aria-describedby", help.id);
  const count = () => {
    const left = maxLength - field.value.length;
    write(help, isText && left < 0.2 * maxLength ? `${left} characters left` : hint);
  };
  field.addEventListener("input", () => {
    count();
    changed();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || (isText && !(event.ctrlKey || event.metaKey))) return;
    event.preventDefault();
    enter();
  });
  count();
  return {
    fold: (yes) => isText && (field.rows = yes ? 1 : 4),
    get: () => field.value,
    set: (text) => {
      field.value = text;
      count();
    },
  };
}

function render({ model, el }) {
  const get = (name) => model.get(name),
    kind = get("kind"),
    memory = draft(model);
  const root = box(el, "task");
  let reopened = false; // by whoever tries another answer than the right one
  const saved = (what, text) => {
    if (what !== "answer" || input.get() !== text) return; // else it is a draft still
    memory.forget();
    reopened = false;
  };
  const unread = (why) => write(problem, why);
  const desk = sender(model, root, { changed: () => draw(), saved, unread });
  const ask = heading(root, model);
  const changed = () => {
    memory.set(input.get());
    write(problem, "");
    draw();
  };
  const answer = () => {
    const text = input.get();
    write(problem, text.trim() ? "" : kind === "choice" ? "Choose one first." : "Write your answer first.");
    if (text.trim()) desk.send("answer", text);
  };
  const form = make(root, "div", "task-form"),
    input =
      kind === "choice"
        ? radios(form, get("options"), get("question"), changed)
        : textField(form, kind, get("unit_hint"), changed, answer);
  const row = make(form, "div", "act-row"),
    button = make(row, "button", "button main", { type: "button" }),
    hint = make(row, "button", "button", { type: "button" }),
    key = make(row, "button", "button", { type: "button", textContent: "Show the key" }),
    note = make(row, "span", "act-note");
  const problem = make(root, "div", "act-quiet", { role: "status" });
  const verdict = make(root, "div", "act-verdict", { role: "status" });
  const [word, says, means] = ["strong", "span", "span"].map((tag, i) =>
    make(verdict, tag, "task-" + ["word", "says", "means"][i]),
  );
  const hints = make(root, "ol", "task-hints", { ariaLabel: "Hints", ariaLive: "polite" });
  const way = make(root, "details", "task-way"),
    behind = kind === "text" ? "What is behind it" : "Work it out",
    how = make(way, "summary", "task-how", { textContent: behind, tabIndex: 0 }),
    derivation = make(way, "p", "task-derivation"),
    again = make(root, "button", "link", { type: "button", textContent: "Try another answer" });

  const draw = () => {
    const state = get("state"),
      tries = get("tries"),
      isSame = input.get() === get("answer"),
      shown = get("hints");
    const isClass = get("mode") === "demo",
      isExam = get("mode") === "exam";
    const unkept = isClass ? SHOWN : get("unkept") ? UNKEPT : null;
    const [sign, name] = (state === "kept" && unkept) || (WORDS[state] ?? ["", ""]);
    ask();
    root.ariaLabel = `Task: ${get("question")}`;
    write(button, kind === "text" || isExam ? "Keep it" : state === "open" ? "Check" : "Check again");
    button.classList.toggle("lab-main", !get("solved") && !(state === "kept" && isSame));
    write(hint, shown.length ? "Another hint" : "Hint");
    if (!get("more_hints") && hint.matches(":focus")) root.focus();
    hint.hidden = !get("more_hints");
    key.hidden = !isClass || kind === "text" || get("solved");
    const isJudged = state === "right" || state === "wrong",
      toSend = !isSame && input.get().trim();
    const kept = isClass ? "" : get("unkept") ? UNKEPT[1] : "Saved";
    write(note, desk.isBusy() ? "Saving ..." : toSend ? "Not sent yet" : isSame && isJudged ? kept : "");
    verdict.className = `lab-act-verdict lab-act-${state}`;
    verdict.classList.toggle("lab-task-old", !isSame);
    const at = state === "right" ? ` at try ${tries}` : ` (try ${tries})`;
    const of = !isSame && kind !== "text" ? `, for ${get("answer")}` : tries > 1 && isJudged ? at : "";
    write(word, sign && `${sign} ${name}${of}`);
    const isFolded = state === "right" && isSame && !reopened && !get("unkept") && kind !== "text";
    if (isFolded && form.matches(":focus-within")) root.querySelector("h3").focus();
    form.hidden = hints.hidden = isFolded;
    again.hidden = !isFolded;
    const stands = state === "wrong" && get("solved") ? " Your right answer stands." : "";
    const told = get("feedback").replace(/^Right[.:] ?/, "") + stands; // the sign says so
    write(says, sign ? told || (isFolded ? get("answer") : "") : "");
    write(means, get("means"));
    way.hidden = !get("derivation");
    write(derivation, get("derivation"));
    while (hints.children.length > shown.length) hints.lastChild.remove();
    shown.forEach((text, i) => write(hints.children[i] ?? make(hints, "li", "task-hint"), text));
  };
  const filled = () => {
    if (memory.get() === null) input.set(get("answer"));
  };
  how.dataset.lmSuppressShortcuts = "true";
  way.addEventListener("toggle", () => input.fold?.(way.open)); // there is room for one of them
  button.addEventListener("click", answer);
  hint.addEventListener("click", () => desk.send("hint", get("hints").length, ""));
  key.addEventListener("click", () => desk.send("key", true, ""));
  again.addEventListener("click", () => {
    reopened = true;
    draw();
    form.querySelector("input").focus();
  });
  input.set(memory.get() ?? get("answer"));
  model.on("change:answer", filled);
  const end = redrawn(model, TRAITS, draw);
  return () => {
    model.off("change:answer", filled);
    end();
    desk.stop();
  };
}

export default { render };
