// Labs in the site: light or dark with it, as tall as they are; and the line of HTML by which a page embeds one.
//
// A site that is read from a folder (file:) may not look into its frames: there a lab is told its theme by its address,
// and has the height of the style sheet.

const device = matchMedia("(prefers-color-scheme: dark)"),
  frames = [...document.querySelectorAll(".lab-live")];

const isDark = () => ({ dark: true, light: false })[document.body.dataset.theme] ?? device.matches;

// The page in a frame, where one may look into it and it has begun.
function inside(frame) {
  const found = frame.contentDocument;
  return found?.getElementById("page-data") ? found : null;
}

// Cards and labs in the theme of the site, as it is now.
function wear() {
  const theme = isDark() ? "dark" : "light";
  document.documentElement.dataset.jpThemeLight = String(!isDark());
  for (const frame of frames) {
    const page = inside(frame),
      address = `${frame.dataset.src}?theme=${theme}`;
    if (page) page.documentElement.dataset.jpThemeLight = String(!isDark());
    else if (frame.getAttribute("src") !== address) frame.setAttribute("src", address);
  }
}

function measure(frame) {
  const page = inside(frame);
  if (!page) return;
  const tell = () => frame.style.setProperty("--tall", `${Math.ceil(page.body.offsetHeight)}px`);
  new ResizeObserver(tell).observe(page.body);
  tell();
  wear();
}

// A server's address in place of a file's name, and a button that copies the line.
function offer(box) {
  const line = box.querySelector("textarea"),
    button = box.querySelector("button"),
    address = new URL(line.dataset.src, location.href).href;
  if (location.protocol.startsWith("http")) line.value = line.value.replace(/src="[^"]*"/, `src="${address}"`);
  line.value = line.value.trim();
  line.addEventListener("focus", () => line.select());
  button.hidden = false;
  button.addEventListener("click", () => {
    line.select();
    const copied = navigator.clipboard?.writeText(line.value) ?? Promise.resolve(document.execCommand("copy"));
    copied.then(() => (button.textContent = "Copied"));
  });
}

// What is too wide scrolls, by keyboard too.
for (const box of document.querySelectorAll("article :is(.table-wrapper, pre)"))
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;

for (const frame of frames) frame.addEventListener("load", () => measure(frame));
document.querySelectorAll(".lab-embed").forEach(offer);
new MutationObserver(wear).observe(document.body, { attributes: true, attributeFilter: ["data-theme"] });
device.addEventListener("change", wear);
wear();
