// One menu for the picture that is seen: its numbers, it as a file, a link to this state, and the way back.

const element = (tag, name, text = "", more = {}) => {
  const node = Object.assign(document.createElement(tag), { className: name, textContent: text, ...more });
  if (tag === "button") node.type = "button";
  return node;
};

// Raw values of knobs in an address, of this lab alone.
const linkOf = (slug, values) => {
  const page = location.href.replace(/#.*$/, "");
  return `${page}#state=${slug}?${new URLSearchParams(Object.entries(values).map(([name, x]) => [name, String(x)]))}`;
};
function linkedState(slug) {
  try {
    const [whose, query] = decodeURI(location.hash.slice(1)).split("?");
    if (whose.replace("state=", "") !== slug || !query) return null;
    return Object.fromEntries([...new URLSearchParams(query)].map(([name, x]) => [name, JSON.parse(x)]));
  } catch {
    return null; // nobody's link
  }
}

// Whether a knob can stand there.
function mayStand(knob, now, value) {
  const count = knob.get("_options_labels")?.length,
    [low, high] = count ? [0, count - 1] : [knob.get("min") ?? value, knob.get("max") ?? value];
  return typeof value === typeof now && low <= value && value <= high && !(count && value % 1);
}

// Pages of plain http, and those in frames, have no clipboard: an old way is tried first, which asks nobody.
async function copyText(text) {
  const before = document.activeElement,
    field = document.body.appendChild(Object.assign(document.createElement("textarea"), { value: text }));
  field.style.position = "fixed";
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  before?.focus();
  if (!isDone) await navigator.clipboard.writeText(text);
}

// `acts` : what each line does, by its words; it returns what is said then. A third function says whether it is there.
function menu(parent, acts) {
  const root = parent.appendChild(element("div", "lab-menu")),
    button = root.appendChild(
      element("button", "lab-button lab-menu-button", "⋯", { ariaLabel: "More", title: "More" }),
    ),
    list = root.appendChild(element("div", "lab-menu-list", "", { hidden: true })),
    said = root.appendChild(element("span", "lab-menu-said", "", { role: "status" }));
  button.ariaExpanded = "false";
  const open = (yes) => {
    list.hidden = !yes;
    button.ariaExpanded = String(yes);
    acts.forEach(([, , may], i) => (list.children[i].hidden = may ? !may() : false));
    if (yes) list.firstChild.focus();
  };
  let timer;
  const tell = (text) => {
    said.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => (said.textContent = ""), 4000);
  };
  for (const [words, act] of acts) {
    const line = list.appendChild(element("button", "lab-menu-line", words));
    line.addEventListener("click", async () => {
      open(false);
      button.focus();
      try {
        tell((await act()) ?? "");
      } catch (problem) {
        tell(`That did not work here: ${problem.message ?? problem}`);
      }
    });
  }
  button.addEventListener("click", () => open(list.hidden));
  root.addEventListener("focusout", (event) => {
    if (!root.contains(event.relatedTarget)) open(false);
  });
  root.addEventListener("keydown", (event) => {
    const lines = [...list.children].filter((line) => !line.hidden),
      way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && !list.hidden) {
      open(false);
      button.focus();
    } else if (way && !list.hidden) {
      event.preventDefault();
      lines[(lines.indexOf(document.activeElement) + way + lines.length) % lines.length].focus();
    }
  });
  return { stop: () => clearTimeout(timer) };
}
