// A plan that is made with the knobs: conditions with a tick each, and one button.

const TRAITS = [
  ...["question", "given", "conditions", "met", "state", "feedback"],
  ...["tries", "solved", "means", "unkept", "mode"],
];
const WORDS = { right: "✓ It holds", wrong: "✗ Not yet", kept: "● Saved" };
const UNKEPT = "⚠ Not saved, only here";
const find = (model, ref) => model.widget_manager.get_model(ref.replace("IPY_MODEL_", ""));
const numbers = (v) => (ArrayBuffer.isView(v) && !(v instanceof DataView) ? [...v] : Object.values(v ?? []));

function render({ model, el }) {
  const get = (name) => model.get(name),
    root = box(el, "design");
  const unread = (why) => write(told, why);
  const desk = sender(model, root, { changed: () => draw(), saved: () => {}, unread });
  const ask = heading(root, model);
  const list = make(root, "ul", "design-list", { ariaLabel: "What the plan has to meet" });
  const row = make(root, "div", "act-row"),
    button = make(row, "button", "button main", { type: "button", textContent: "This is my plan" }),
    note = make(row, "span", "act-note");
  const told = make(root, "div", "act-quiet", { role: "status" });
  const verdict = make(root, "div", "act-verdict", { role: "status" });
  const [word, says, means] = ["strong", "span", "span"].map((tag) => make(verdict, tag, "design-part"));

  const draw = () => {
    const met = numbers(get("met"));
    ask();
    root.ariaLabel = `Design: ${get("question")}`;
    get("conditions").forEach((text, i) => {
      const item = list.children[i] ?? make(list, "li", "design-item"),
        isMet = met[i] > 0.5;
      item.classList.toggle("lab-design-met", isMet);
      write(item, `${get("mode") === "exam" ? "•" : isMet ? "✓" : "○"} ${text}`);
    });
    write(note, desk.isBusy() ? "Saving ..." : "");
    button.classList.toggle("lab-main", !get("solved") && get("state") !== "kept");
    verdict.className = `lab-act-verdict lab-act-${get("state")}`;
    const isMade = get("state") === "wrong" && met.length > 0 && met.every((one) => one > 0.5);
    const at = get("tries") > 1 && get("state") !== "kept" ? ` (try ${get("tries")})` : "";
    const found = get("state") === "kept" && get("unkept") ? UNKEPT : WORDS[get("state")];
    write(word, isMade || !found ? "" : found + at);
    const stands = get("state") === "wrong" && get("solved") ? " Your earlier plan stands." : "";
    write(says, isMade ? "Every condition is met now. Press This is my plan." : get("feedback") + stands);
    write(means, get("means"));
  };
  button.addEventListener("click", async () => {
    const knobs = await Promise.all(
      get("knobs").map(async ([name, trait, ref]) => [name, trait, await find(model, ref)]),
    );
    desk.send("plan", Object.fromEntries(knobs.map(([name, trait, knob]) => [name, knob.get(trait)])), "my plan");
  });
  const end = redrawn(model, TRAITS, draw);
  return () => {
    end();
    desk.stop();
  };
}

export default { render };
