// The page of a class reads itself anew in a frame that nobody sees, and shows what is new. What the teacher has
// chosen, the question and which truths are shown, stands behind the address, so that it outlives a reload.

const EVERY = 2000, // [ms]
  PATIENCE = 8000; // without an answer the page loads itself
const main = document.querySelector("main"),
  html = () => document.querySelector("main").innerHTML;

const state = { at: 0, shown: new Set() };
const [number, ...names] = decodeURIComponent(location.hash.slice(1)).split("/");
state.at = Number(number) || 0;
names.forEach((name) => state.shown.add(name));
const remember = () => {
  const parts = [state.at, ...state.shown].map(encodeURIComponent);
  history.replaceState(null, "", `#${parts.join("/")}`);
};

// What is in sight: one question, its truth or not, and a way to the others.
function draw() {
  const sections = [...main.querySelectorAll("section")],
    at = Math.min(state.at, sections.length - 1);
  for (const [i, section] of sections.entries()) {
    const { name } = section.dataset,
      isShown = state.shown.has(name),
      button = section.querySelector(".show");
    section.hidden = i !== at;
    section.classList.toggle("shown", isShown);
    button.textContent = isShown ? "Hide the truth" : "Show the truth";
    button.setAttribute("aria-pressed", String(isShown));
    button.onclick = () => {
      if (!state.shown.delete(name)) state.shown.add(name);
      remember();
      draw();
    };
  }
  drawWay(sections, at);
}

function drawWay(sections, at) {
  const way = main.querySelector("nav") ?? document.createElement("nav");
  way.setAttribute("aria-label", "Questions");
  while (way.children.length < sections.length) way.append(document.createElement("button"));
  for (const [i, button] of [...way.children].entries()) {
    button.type = "button";
    button.textContent = `Question ${i + 1}`;
    button.setAttribute("aria-current", String(i === at));
    button.onclick = () => {
      state.at = i;
      remember();
      draw();
    };
  }
  if (sections.length > 1) sections[0].before(way);
}

// The same page as it is by now; the one that has the focus keeps it.
function take(text) {
  const buttons = () => [...main.querySelectorAll("button")],
    focused = buttons().indexOf(document.activeElement);
  main.innerHTML = text;
  draw();
  if (focused >= 0) buttons()[focused]?.focus();
}

function begin() {
  let known = html(),
    heard = performance.now();
  const frame = document.createElement("iframe");
  Object.assign(frame, { hidden: true, title: "the same page, read anew" });
  document.body.append(frame);
  addEventListener("message", ({ source, data }) => {
    if (source !== frame.contentWindow || typeof data !== "string") return;
    heard = performance.now();
    if (data !== known) take((known = data));
  });
  setInterval(() => {
    if (performance.now() - heard > PATIENCE) return location.reload();
    frame.src = `${location.href.split("#")[0].split("?")[0]}?${Date.now()}`;
  }, EVERY);
  draw();
}

if (parent === window) begin();
else parent.postMessage(html(), "*");
