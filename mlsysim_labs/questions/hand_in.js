// What will be handed in: each step with its mark, the file, the text to paste; and starting over, which asks once.

const TRAITS = ["question", "rows", "where", "text", "file", "may_restart", "sealed"];
const MARKS = { done: "✓", tried: "◐", open: "○" };
const WORDS = { done: "done", tried: "not right yet", open: "open" };

function offer({ name, text }) {
  const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  Object.assign(document.createElement("a"), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}

function render({ model, el }) {
  const get = (name) => model.get(name),
    root = box(el, "hand-in"),
    saved = (kind) => kind === "release" && write(note, "Released. Your answers are judged now."),
    desk = sender(model, root, { changed: () => {}, saved, unread: (why) => write(note, why) });
  const ask = heading(root, model);
  const list = make(root, "ul", "hand-in-list"),
    where = make(root, "p", "hand-in-where");
  const row = make(root, "div", "act-row"),
    save = make(row, "button", "button main", { type: "button", textContent: "Save the file" }),
    copy = make(row, "button", "button", { type: "button", textContent: "Copy as text" }),
    again = make(row, "button", "button", { type: "button" }),
    stay = make(row, "button", "button", { type: "button", textContent: "No, stay" }),
    note = make(row, "span", "act-note", { role: "status" });
  const seal = make(root, "form", "act-row"),
    code = make(seal, "input", "act-field", { type: "text", maxLength: 100, placeholder: "Your teacher's code" });
  make(seal, "button", "button", { type: "submit", textContent: "Release the exam" });
  code.ariaLabel = "The code that your teacher gives after the exam";
  code.autocomplete = "off";
  const text = make(root, "textarea", "act-field hand-in-text", { readOnly: true, ariaLabel: "Your record, to paste" });
  let asking = false;

  const draw = () => {
    ask();
    root.ariaLabel = "Hand in";
    list.replaceChildren();
    for (const [mark, what, own] of get("rows")) {
      const item = make(list, "li", `hand-in-item hand-in-${mark}`);
      make(item, "span", "hand-in-mark", { textContent: MARKS[mark], ariaLabel: WORDS[mark], role: "img" });
      make(item, "span", "hand-in-what", { textContent: what, title: what });
      make(item, "span", "hand-in-own", { textContent: own });
    }
    write(where, get("where"));
    copy.hidden = !get("text") || asking;
    save.hidden = !get("file").text || asking;
    copy.classList.toggle("lab-main", save.hidden);
    again.hidden = !get("may_restart");
    write(again, asking ? "Yes, start over" : "Start over");
    stay.hidden = !asking;
    text.hidden = true;
    seal.hidden = !get("sealed");
  };
  save.addEventListener("click", () => {
    offer(get("file"));
    write(note, "Saved.");
  });
  seal.addEventListener("submit", (event) => {
    event.preventDefault();
    if (code.value.trim()) desk.send("release", code.value);
  });
  copy.addEventListener("click", async () => {
    text.value = get("text");
    text.hidden = false;
    text.select();
    if (document.execCommand("copy")) return write(note, "Copied."); // plain http and frames have no clipboard
    await navigator.clipboard.writeText(text.value).then(
      () => write(note, "Copied."),
      () => write(note, "Copy the marked text."),
    );
  });
  again.addEventListener("click", () => {
    if (asking) desk.send("restart", Date.now(), "");
    asking = !asking;
    draw();
    write(note, asking ? "Your first guesses stay in the record, and count." : "");
  });
  stay.addEventListener("click", () => {
    asking = false;
    draw();
    write(note, "");
    again.focus();
  });
  const end = redrawn(model, TRAITS, draw);
  return () => {
    end();
    desk.stop();
  };
}

export default { render };
