// Users as tiles whose area is what each keeps, and the hatch of what is kept back.

const SMALLEST = 36; // [px²] 6 px a side: below, ten users are one tile, or a hundred
const MOST_WAITING = 10; // tiles
const NEAREST = 5; // [px] between the tops of tiles that wait one behind another
const APART = 3; // [px] between tiles that wait
const THIN = 10; // [px] a slab is at least so high
const FEW = 6; // tiles: those are slabs, one above another, where that makes their rows even

// How many users one tile is, if one user has `area` [px²]; 0 where there is nothing to draw.
const groupOf = (area) => (area > 1e-250 ? 10 ** Math.max(0, Math.ceil(Math.log10(SMALLEST / area) - 1e-9)) : 0);

const columnsOf = (area, across) => Math.max(1, Math.floor(across / Math.sqrt(area)));

// How many rows for `n` tiles: as near to squares as it goes, and even ones where a few more make them even.
function rowsFor(n, columns) {
  const least = Math.ceil(n / columns);
  for (let rows = least; rows <= least * (n <= FEW ? 2 : 1.34); rows++) if (n % rows === 0) return rows;
  return least;
}

// Tiles of `n` users from the floor up, rows of one height each. Every area is exact: the last tile, which may be of
// fewer users than the others, is narrower. A row is as wide as the vessel, but for a single one that would be a line.
function tilesOf(n, area, across, floor) {
  const group = groupOf(area),
    all = group && n > 0 ? Math.ceil(n / group) : 0,
    columns = columnsOf(area * group, across),
    rows = all ? rowsFor(all, columns) : 0,
    isLine = rows === 1 && n * area < THIN * across,
    wide = isLine ? across * Math.min(1, all / columns) : across,
    found = [];
  for (let row = 0, y = floor; row < rows; row++) {
    const k = Math.floor((all + row) / rows),
      last = row === rows - 1 ? clamp(n - group * (all - 1), 0, group) : group,
      inRow = group * (k - 1) + last,
      h = (inRow * area) / wide;
    y -= h;
    for (let i = 0; i < k; i++) {
      const w = ((i === k - 1 ? last : group) / inRow) * wide;
      found.push({ x: ((i * group) / inRow) * wide, y, w, h });
    }
  }
  return found;
}

const px = (x) => +x.toFixed(3);
const boxPath = ({ x, y, w, h }) => `M${px(x)} ${px(y)}h${px(w)}v${px(h)}h${px(-w)}z`;
const within = ({ x, y, w, h }, by) => ({
  x: x + Math.min(by, w / 4),
  y: y + Math.min(by, h / 4),
  w: w - 2 * Math.min(by, w / 4),
  h: h - 2 * Math.min(by, h / 4),
});

// Tiles of those who wait, ten at most, on a floor `across` wide; where there is no room for all they stand one behind
// another, the last one first. One that is higher than `high` has no upper edge: it goes on.
function waitingOf(n, area, { left, across, high, floor }) {
  const group = groupOf(area),
    size = area * group,
    w = Math.min(across, Math.sqrt(size)),
    h = Math.min(size / w, high),
    columns = Math.max(1, Math.floor((across + APART) / (w + APART))),
    deep = 1 + Math.floor((high - h) / NEAREST);
  const all = group && n > 0 ? Math.min(Math.ceil(n / group), MOST_WAITING, columns * deep) : 0,
    rows = Math.ceil(all / columns),
    step = rows > 1 ? Math.min(h + APART, (high - h) / (rows - 1)) : 0;
  const paths = Array.from({ length: all }, (_, i) => {
    const x = left + (i % columns) * (w + APART),
      y = floor - h - Math.floor(i / columns) * step;
    return size / w > high ? `M${px(x)} ${px(y)}v${px(h)}h${px(w)}v${px(-h)}` : boxPath({ x, y, w, h });
  });
  return { paths: paths.reverse(), top: all ? floor - h - (rows - 1) * step : floor };
}

// Lines at 45 degrees in a box, cut at its edges.
function hatchPath({ x, y, w, h }, every = 7) {
  let d = "";
  for (let from = every - Math.ceil(h / every) * every; from < w && h > 0; from += every) {
    const left = Math.max(from, 0),
      right = Math.min(from + h, w);
    const at = (along) => `${px(x + along)} ${px(y + h - (along - from))}`;
    if (right > left) d += `M${at(left)}L${at(right)}`;
  }
  return d;
}
