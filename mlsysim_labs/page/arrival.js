// A lab in its notebook: it comes into view once, a step leads to its question, and where the parts of the lab stand
// one above the other its picture stays in sight while one reads on.

const FRESH = 8000; // [ms] after it was made, a lab that nobody has touched brings itself into view
const ABOVE = 56, // [px] of a question, for its conditions
  ROOM = 170; // and below it, for its control
const SCROLLS = ".jp-WindowedPanel-outer, .jp-Notebook, #site"; // what scrolls the notebook, on the pages that have it

// Notebooks scroll to their last cell when all have run: a fresh lab brings itself into view until a hand says
// otherwise.
function bringIntoView(box, born) {
  let isTouched = Date.now() - born > FRESH;
  const touch = () => (isTouched = true),
    kinds = ["pointerdown", "wheel", "keydown", "touchstart"];
  for (const kind of kinds) addEventListener(kind, touch, { capture: true, passive: true });
  const end = () => {
    clearInterval(timer);
    for (const kind of kinds) removeEventListener(kind, touch, { capture: true });
  };
  const timer = setInterval(() => {
    if (isTouched || Date.now() - born > FRESH) return end();
    const { top, bottom } = box.getBoundingClientRect();
    const view = box.closest(SCROLLS)?.getBoundingClientRect();
    const [low, high] = [Math.max(0, view?.top ?? 0), Math.min(innerHeight, view?.bottom ?? innerHeight)];
    if (top < low - 1 || (bottom > high + 1 && top > low + 8)) box.scrollIntoView({ block: "start" });
  }, 250);
  return end;
}

// The boxes of an output scroll sideways, though a lab is never wider; what stays in sight would stay in them.
function letStick(box) {
  const around = [];
  for (let e = box.parentElement; e && !e.matches(SCROLLS) && e !== document.body; e = e.parentElement) around.push(e);
  for (const e of around) e.classList.add("lab-around");
  return () => around.forEach((e) => e.classList.remove("lab-around"));
}

// The focus goes to a question, which is then in sight with what is below it, and not under the picture.
function lead(box, question) {
  if (!question) return;
  const pictures = box.querySelector(".lab-pictures"),
    isStuck = getComputedStyle(pictures).position === "sticky";
  question.style.scrollMargin = `${(isStuck ? pictures.offsetHeight : 0) + ABOVE}px 0 ${ROOM}px`;
  question.focus({ preventScroll: true });
  question.scrollIntoView({ block: "nearest" });
}

function arrive(box, born) {
  const ends = [bringIntoView(box, born), letStick(box)];
  return () => ends.forEach((end) => end());
}
