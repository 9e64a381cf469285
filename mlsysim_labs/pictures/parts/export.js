// A picture in SVG as a file of its own: what the page's style sheet and the theme say of its paint and fonts is
// written into a copy, as attributes.

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

export function standalone(svg) {
  const copy = svg.cloneNode(true),
    elements = (root) => [root, ...root.querySelectorAll("*")],
    copies = elements(copy);
  elements(svg).forEach((element, i) => {
    const style = getComputedStyle(element);
    for (const name of PAINT) copies[i].setAttribute(name, style.getPropertyValue(name));
    copies[i].removeAttribute("class");
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const paper = document.createElementNS(svg.namespaceURI, "rect");
  for (const [name, value] of Object.entries({
    width: "100%",
    height: "100%",
    fill: getComputedStyle(svg).getPropertyValue("--paper"),
  }))
    paper.setAttribute(name, value);
  copy.prepend(paper);
  return new XMLSerializer().serializeToString(copy);
}
