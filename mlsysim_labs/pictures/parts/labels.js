// Where the label of a point has room: the first place near it that is inside the plot and touches nothing, or little.
// Boxes are {left, right, top, bottom}; `lines` are falling functions from x to y that a label should not lie on.

const PLACES = [
  [1, 18],
  [-1, 18],
  [0, 26],
  [1, 3],
  [-1, 3],
  [0, -15],
  [1, -12],
  [-1, -12],
  ...[33, -27, 48, -42, 63, -57, 78, -72, 93, 108].flatMap((dy) => [
    [1, dy],
    [-1, dy],
  ]),
]; // side, and base line from the point
const LED = 27; // [px] farther labels have a line to their point

const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
const clear = (box, line) => line(box.right) > box.bottom || line(box.left) < box.top;

function roomFor(width, x, y, mark, { left, right, top, bottom }, { taken, lines }) {
  // A line through a label leaves it to be read, another text does not.
  const touched = (box) =>
    3 * taken.filter((other) => !apart(box, other)).length + lines.filter((line) => !clear(box, line)).length;
  const places = PLACES.map(([side, dy]) => {
    const from = side === 0 ? x - width / 2 : side > 0 ? x + mark + 2 : x - mark - 2 - width;
    return {
      left: from,
      right: from + width,
      top: y + dy - TEXT,
      bottom: y + dy - TEXT + LINE,
      side,
      led: Math.abs(dy) > LED,
    };
  }).filter((box) => box.left >= left && box.right <= right && box.top >= top && box.bottom <= bottom);
  const least = Math.min(...places.map(touched));
  return places.find((box) => touched(box) === least) ?? { left, right: left + width, top, bottom: top + LINE };
}

// From a point to the near side of a label that is not beside it.
const leader = (x, y, { left, right, top, bottom, side, led }) =>
  led ? `M${x} ${y}L${side > 0 ? left - 2 : right + 2} ${(top + bottom) / 2}` : "";
