// What the widgets share with which a student acts: an act that the kernel acknowledges, a banner when it does not,
// and drafts that outlive a view. Nothing is called saved before the kernel has said so.

const PATIENCE = 2000; // [ms] that the kernel has to answer
const SILENT =
  "The kernel isn't answering. Wait until it is idle, then press Retry. " +
  "If that does not help, copy what you wrote and run the lab's cells again.";

// Pages of plain http have no randomUUID.
const hex = (byte) => byte.toString(16).padStart(2, "0");
const freshId = () => crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map(hex).join("");

// JupyterLab's shortcuts ask whether the focused element itself is exempt: else d d deletes the cell of a lab.
const make = (parent, tag, name, properties = {}) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.className = name
    .split(" ")
    .map((part) => "lab-" + part)
    .join(" ");
  if (node.tabIndex >= 0 || "tabIndex" in properties) node.dataset.lmSuppressShortcuts = "true";
  parent.append(node);
  return node;
};
const write = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};

// Resolves when the kernel has saved it. A retry gives the same id: to the kernel it is the same act.
export function perform(model, kind, value, id = freshId(), more = {}) {
  return new Promise((resolve, reject) => {
    const end = (settle, outcome) => {
      clearTimeout(timer);
      model.off("msg:custom", hear);
      settle(outcome);
    };
    const hear = (said) => {
      if (said?.saved === id) end(resolve, id);
      if (said?.failed === id)
        end(reject, Object.assign(new Error(said.why), { unkept: said.unkept, quiet: said.quiet }));
    };
    const timer = setTimeout(() => end(reject, new Error(SILENT)), PATIENCE);
    model.on("msg:custom", hear);
    try {
      model.send({ kind, id, value, time: new Date().toISOString(), ...more });
    } catch {
      end(reject, new Error(SILENT));
    }
  });
}

// Made once and kept: a button that is made anew loses the focus.
function banner(root) {
  const node = make(root, "div", "act-banner", { role: "alert" });
  const body = make(node, "div", "act-banner-body", { hidden: true }),
    says = make(body, "div", "act-banner-says");
  const title = make(says, "strong", "act-banner-title"),
    why = make(says, "span", "act-banner-why");
  const text = make(body, "textarea", "act-field act-banner-text", {
    readOnly: true,
    ariaLabel: "What is not saved, to copy",
  });
  const buttons = make(body, "div", "act-row");
  const retry = make(buttons, "button", "button main", { textContent: "Retry", type: "button" });
  const copy = make(buttons, "button", "button", { type: "button" });
  const leave = make(buttons, "button", "button", { textContent: "Go on without saving", type: "button" });
  let tries = 0;
  copy.addEventListener("click", async () => {
    text.select();
    try {
      await navigator.clipboard.writeText(text.value);
    } catch {
      document.execCommand("copy"); // plain http has no clipboard
    }
    copy.textContent = "Copied";
  });
  return {
    show: (reason, unsaved, again, without) => {
      tries += 1;
      write(title, tries > 1 ? `⚠ Not saved, tried ${tries} times. ` : "⚠ Not saved. ");
      write(why, reason);
      text.value = unsaved;
      text.rows = Math.min(4, Math.ceil(unsaved.length / 60) || 1);
      text.hidden = copy.hidden = !unsaved;
      copy.textContent = "Copy the text";
      retry.onclick = again;
      leave.onclick = without;
      leave.hidden = !without;
      body.hidden = false;
    },
    hide: () => {
      if (body.matches(":focus-within")) root.focus(); // not the page, whose keys are the notebook's
      tries = 0;
      body.hidden = true;
    },
  };
}

// A box whose keys stay in it: JupyterLab asks for an attribute, notebook 6 hears what bubbles.
export function box(el, name) {
  const root = make(el, "div", "act " + name, { role: "group", tabIndex: -1 });
  root.addEventListener("keydown", (event) => event.stopPropagation());
  return root;
}

// Sends one act at a time. An act that failed keeps its id until another value is sent, and its answer may come late.
// What cannot be read is told quietly; the alarm is for what is lost.
export function sender(model, root, { changed, saved, unread = () => {} }) {
  const alert = banner(root);
  let act = null,
    busy = false;
  const finish = () => {
    const { kind, value } = act;
    act = null;
    alert.hide();
    saved(kind, value);
    changed();
  };
  const again = (more) => () => send(act.kind, act.value, act.text, more);
  const fail = (why, unkept) => alert.show(why, String(act.text), again(), unkept && again({ unkept: true }));
  const heardLater = (said) => {
    if (busy || !act) return;
    if (said?.saved === act.id) finish();
    else if (said?.failed === act.id) fail(said.why, said.unkept);
  };
  const send = async (kind, value, text = value, more = {}) => {
    if (busy) return;
    if (act?.kind !== kind || act.value !== value) act = { kind, value, text, id: freshId() };
    busy = true;
    changed();
    const error = await perform(model, kind, value, act.id, more).then(
      () => null,
      (problem) => problem,
    );
    busy = false;
    if (!error) return finish();
    if (error.quiet) {
      act = null;
      alert.hide();
      unread(error.message);
    } else fail(error.message, error.unkept);
    changed();
  };
  model.on("msg:custom", heardLater);
  return { send, isBusy: () => busy, stop: () => model.off("msg:custom", heardLater) };
}

// The question under its conditions; a step that is entered has the focus on it.
export function heading(parent, model) {
  const given = make(parent, "p", "act-given"),
    question = make(parent, "h3", "act-question", { tabIndex: -1 });
  return () => {
    write(given, model.get("given"));
    given.hidden = !model.get("given");
    write(question, model.get("question"));
  };
}

// Draws a card, and again whenever one of these traits changes; returns what ends that.
export function redrawn(model, traits, draw) {
  const listen = (act) => traits.forEach((name) => model[act]("change:" + name, draw));
  listen("on");
  draw();
  return () => listen("off");
}

// Radio buttons; a group of its own for each view, as two views of one widget may be on a page.
export function radios(parent, options, name, chosen) {
  const list = make(parent, "div", "act-options", { role: "radiogroup", ariaLabel: name });
  const group = freshId();
  const inputs = options.map((value) => {
    const label = make(list, "label", "act-option"),
      input = make(label, "input", "act-radio", { type: "radio", name: group, value });
    make(label, "span", "act-option-text", { textContent: value });
    input.addEventListener("change", () => chosen(value));
    return input;
  });
  return {
    get: () => inputs.find((input) => input.checked)?.value ?? "",
    set: (value) =>
      inputs.forEach((input) => {
        input.checked = input.value === value;
      }),
  };
}

// What is typed but not committed: in the browser's storage if the lab has a name there, else as long as the page.
const drafts = new Map();
export function draft(model) {
  const lab = model.get("lab"),
    key = `mlsysim-labs draft ${lab} ${model.get("name")}`;
  const stored = (act) => {
    try {
      return lab ? act(localStorage) : null;
    } catch {
      return null; // a page may refuse its storage
    }
  };
  return {
    get: () => drafts.get(key) ?? stored((storage) => storage.getItem(key)),
    set: (text) => {
      drafts.set(key, text);
      stored((storage) => storage.setItem(key, text));
    },
    forget: () => {
      drafts.delete(key);
      stored((storage) => storage.removeItem(key));
    },
  };
}
