// What leaves the page: the numbers of a picture as text, and the picture as a file of its own. What the page's style
// sheet and the theme say of its paint and fonts is written into a copy.

const PAINT = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-opacity",
  "stroke-dasharray",
  "stroke-linejoin",
  "paint-order",
  "visibility",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
];

// How an element looks: what it has of its parent, and what it has of its own unless that is what any element has.
const PASSED = [
  "color",
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-opacity",
  "stroke-linejoin",
  "font-family",
  "font-size",
  "font-weight",
  "line-height",
  "text-anchor",
  "dominant-baseline",
  "paint-order",
  "shape-rendering",
  "visibility",
  "white-space",
];
const OWN = [
  "opacity",
  "background",
  "border",
  "box-sizing",
  "display",
  "flex",
  "flex-direction",
  "flex-wrap",
  "gap",
  "width",
  "height",
  "max-width",
  "margin",
  "padding",
  "position",
  "z-index",
  "left",
  "top",
  "right",
  "bottom",
  "transform",
  "box-shadow",
  "clip-path",
  "overflow",
];
const USUAL = new Set([
  "auto",
  "none",
  "normal",
  "static",
  "visible",
  "inline",
  "0 1 auto",
  "row",
  "nowrap",
  "content-box",
  "rgba(0, 0, 0, 0) none repeat scroll 0% 0% / auto padding-box border-box",
]);
const TITLE_SIZE = 20,
  TITLE_LINE = 26; // [px] of the sentence above a picture

const SVG = "http://www.w3.org/2000/svg";
const listed = (v) => (v === undefined ? [] : typeof v === "number" ? [v] : [...v]);
const cellText = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

// The numbers of a table's model as rows: those that are single, and under a head those that are arrays.
export function tableOf(model) {
  const labels = model.get("labels"),
    values = labels.map((_, i) => model.get("v" + i));
  const places = (kind) => labels.map((_, i) => i).filter((i) => values[i] !== undefined && kind(values[i]));
  const long = places((v) => typeof v !== "number"),
    lines = places((v) => typeof v === "number").map((i) => [labels[i], values[i]]);
  if (!long.length) return [lines];
  const columns = long.map((i) => listed(values[i])),
    count = Math.max(...columns.map((c) => c.length));
  const body = Array.from({ length: count }, (_, k) => columns.map((c) => c[k] ?? NaN));
  return [lines, [long.map((i) => labels[i]), ...body]];
}

export const csvOf = (model) =>
  tableOf(model)
    .filter((table) => table.length)
    .map((table) => table.map((row) => row.map((x) => cellText(String(x))).join(",")).join("\n"))
    .join("\n\n");

// Words in lines of a width, as a page would break them.
function brokenLines(text, width, font) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = font;
  return text.split("\n").flatMap((paragraph) =>
    paragraph.split(" ").reduce(
      (lines, word) => {
        const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
        if (pen.measureText(longer).width <= width) lines.splice(-1, 1, longer);
        else lines.push(word);
        return lines;
      },
      [""],
    ),
  );
}

function svgNode(tag, attributes, text = "") {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  return node;
}

// A drawing as it looks, on paper; `title` stands above it.
export function standalone(svg, title = "") {
  const copy = svg.cloneNode(true),
    elements = (root) => [root, ...root.querySelectorAll("*")],
    copies = elements(copy);
  elements(svg).forEach((element, i) => {
    const style = getComputedStyle(element),
      above = i ? getComputedStyle(element.parentElement) : null;
    for (const name of PAINT) {
      const value = style.getPropertyValue(name); // all of these are passed on to children
      if (value === above?.getPropertyValue(name)) copies[i].removeAttribute(name);
      else copies[i].setAttribute(name, value);
    }
    copies[i].removeAttribute("class");
  });
  const { width, height } = svg.viewBox.baseVal,
    look = getComputedStyle(svg),
    fill = look.getPropertyValue("--paper");
  const font = { "font-family": look.fontFamily, "font-size": TITLE_SIZE, "font-weight": 600, fill: look.color };
  const lines = title ? brokenLines(title, width, `600 ${TITLE_SIZE}px ${look.fontFamily}`) : [];
  const above = lines.length && lines.length * TITLE_LINE + 8;
  copy.setAttribute("xmlns", SVG);
  copy.setAttribute("viewBox", `0 ${-above} ${width} ${height + above}`);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height + above);
  copy.prepend(
    svgNode("rect", { y: -above, width: "100%", height: "100%", fill, stroke: "none" }),
    ...lines.map((line, i) => svgNode("text", { ...font, y: TITLE_LINE * i + TITLE_SIZE - above }, line)),
  );
  return new XMLSerializer().serializeToString(copy);
}

// A copy of an element that looks the same where no style sheet is known.
function styledCopy(node) {
  const copy = node.cloneNode(true),
    from = [node, ...node.querySelectorAll("*")],
    to = [copy, ...copy.querySelectorAll("*")];
  from.forEach((element, i) => {
    const look = getComputedStyle(element),
      above = i ? getComputedStyle(element.parentElement) : null,
      of = (name) => look.getPropertyValue(name);
    const passed = PASSED.filter((name) => of(name) !== above?.getPropertyValue(name)),
      own = OWN.filter((name) => !USUAL.has(of(name)));
    to[i].removeAttribute("class");
    to[i].setAttribute("style", [...passed, ...own].map((name) => `${name}:${of(name)}`).join(";"));
  });
  return copy;
}

// A picture that is no drawing: its elements within one.
function enclosed(picture) {
  const { width, height } = picture.getBoundingClientRect();
  const svg = svgNode("svg", { viewBox: `0 0 ${width} ${height}`, width: Math.ceil(width), height: Math.ceil(height) }),
    inside = svg.appendChild(svgNode("foreignObject", { width: "100%", height: "100%" })),
    copy = inside.appendChild(styledCopy(picture));
  copy.setAttribute("xmlns", "http://www.w3.org/1999/xhtml");
  svg.style.background = getComputedStyle(document.body).getPropertyValue("--jp-layout-color0").trim() || "Canvas";
  return new XMLSerializer().serializeToString(svg);
}

// The text of an SVG file: of a picture, or of the frame that it is in; also while its numbers are shown instead.
export function drawingOf(frame) {
  const picture = frame.querySelector(".lab-drawn") ?? frame,
    whole = picture.querySelector(".lab-drawing > svg");
  const table = frame.closest(".lab-as-table");
  table?.classList.remove("lab-as-table");
  try {
    return whole ? standalone(whole, picture.querySelector(".lab-drawing-says")?.textContent) : enclosed(picture);
  } finally {
    table?.classList.add("lab-as-table");
  }
}

// An SVG as a PNG, twice as fine.
export async function painted(text) {
  const image = new Image();
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: 2 * image.width, height: 2 * image.height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

export function offer(url, name) {
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
