// Begins the page, or says in a sentence why it cannot.

const OLD = "This browser is too old for this page. Open the file in one of 2023 or later.";
const CHANGED =
  "This file was changed, or is not whole: what opens after your guesses cannot be read. Get the file again.";

const BROKEN = "The lab could not begin: this file was changed, or is not whole. Get it again.";

class TooOld extends Error {}

function say(text) {
  if (!text) return;
  const node = document.getElementById("page-says") ?? document.createElement("p");
  Object.assign(node, { id: "page-says", textContent: text });
  node.setAttribute("role", "alert");
  document.querySelector("main").prepend(node);
}

// What an earlier life of this page has drawn, when it was saved as a file in the middle of it.
function clear() {
  for (const id of ["page-lab", "page-made"]) document.getElementById(id).replaceChildren();
  for (const node of [...document.body.children]) if (!node.matches("main, script, #page-end")) node.remove();
  document.getElementById("page-says")?.remove();
}

// Parts by name, a line each.
function lettersIn(text) {
  const lines = text.trim().split("\n").map((line) => line.split(":"));
  return Object.fromEntries(lines.map(([name, letters]) => [name, letters.trim()]));
}

async function start() {
  document.documentElement.dataset.page = "begun";
  if (!("DecompressionStream" in globalThis)) throw new TooOld();
  clear();
  wearTheme();
  const packed = document.getElementById("page-packed"),
    letters = packed.textContent.trim();
  if (sha256(letters) !== packed.dataset.whole) say(CHANGED);
  const page = new Page(document.getElementById("page-data").textContent, lettersIn(letters));
  await page.journal.load();
  if (page.journal.entries.length) await page.open();
  page.show();
  page.draw(document.getElementById("page-lab"));
  say(setPreset(page));
  document.documentElement.dataset.page = "ready";
}

start().catch((problem) => say(problem instanceof TooOld ? OLD : `${BROKEN} (${problem.message})`));
