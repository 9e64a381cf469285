// The name of the student, asked once; it stands in the record from then on.

const NOTE = "It stands in what you hand in. You give it once.";

function render({ model, el }) {
  const root = box(el, "who");
  const desk = sender(model, root, { changed: () => draw(), saved: () => {}, unread: (why) => write(told, why) });
  const ask = heading(root, model);
  const note = make(root, "p", "act-note"),
    row = make(root, "form", "act-row"),
    field = make(row, "input", "act-field who-field", { type: "text", maxLength: 100, ariaLabel: "Your name" }),
    button = make(row, "button", "button main", { type: "submit", textContent: "That's me" }),
    told = make(root, "div", "act-quiet", { role: "status" });
  field.autocomplete = "name";
  const draw = () => {
    ask();
    root.ariaLabel = "Who you are";
    button.disabled = !field.value.trim() || desk.isBusy();
    write(note, desk.isBusy() ? "Saving ..." : NOTE);
  };
  field.addEventListener("input", () => {
    write(told, "");
    draw();
  });
  row.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.trim()) desk.send("name", field.value);
  });
  const end = redrawn(model, ["question", "given"], draw);
  return () => {
    end();
    desk.stop();
  };
}

export default { render };
