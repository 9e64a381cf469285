// The time of a request, to scale: prefill until the first token, then a step for each token more. One row for each
// request. All follows from the traits; elements are made once, then moved.

const TRAITS = ["ttft", "itl", "tokens", "labels"];
const SIDE = 8; // [px] beside the bars: half of an axis label
const HEAD = 22,
  BAR = 32,
  GAP = 16,
  AXIS = 40; // [px] heights
const SPARSE = 4; // [px] nearer ticks are thinned
const MOST_MARKS = 12; // of the axis
const MARK_WIDTH = 64; // [px] of the axis, for each mark at least

const rowsOf = (v) => {
  const [ttft, itl, tokens] = [v.ttft, v.itl, v.tokens].map(numbers);
  return textsOf(v.labels).map((label, i) => {
    const steps = Math.max(tokens[i] - 1, 0),
      decode = steps * itl[i],
      total = ttft[i] + decode;
    const ok = [ttft[i], itl[i], tokens[i]].every((x) => x >= 0) && Number.isFinite(total) && total > 0;
    return { label, ttft: ttft[i], itl: itl[i], tokens: tokens[i], steps, decode, total, ok };
  });
};
const isMs = (end) => end < 1;
const time = (t) => (isMs(t) ? `${brief(t * 1e3)} ms` : `${brief(t)} s`);
const steps = (n, itl) => `${count(n)} step${n === 1 ? "" : "s"} of ${time(itl)}`;

function say(v) {
  const rows = rowsOf(v),
    first = rows.find(({ ok }) => ok);
  if (!first) return "";
  return rows
    .map((row) => {
      const name = rows.length > 1 && row.label ? `${capital(row.label)}: ` : "";
      if (!row.ok) return `${name}no value.`;
      const ratio = row.total / first.total,
        same = Math.abs(ratio - 1) < 0.005;
      const times =
        row === first
          ? ""
          : same
            ? `, as long as ${first.label}`
            : `, ${ratio < 1 ? percent(ratio) : `${brief(ratio)} times`} as long as ${first.label}`;
      const parts = row.steps
        ? `${time(row.ttft)} until the first token, then ${steps(row.steps, row.itl)}: ` +
          `${percent(row.decode / row.total)} is decode`
        : "prefill alone";
      return `${name}${time(row.total)} in all${times}: ${parts}.`;
    })
    .join("\n");
}

// The smallest 1, 2 or 5 times a power of ten that gives at most `most` steps.
const stepOf = (end, most) => {
  const power = 10 ** Math.floor(Math.log10(end / most));
  return power * [1, 2, 5, 10].find((k) => k * power * most >= end * (1 - 1e-9));
};

// A tick at the end of each token, or where they would touch at every 10th, 100th ... and then in all rows alike, but
// for those that are too short for two.
const sparseFor = ({ itl }, px) => 10 ** Math.max(0, Math.ceil(Math.log10(SPARSE / (px(itl) - px(0)))));
const everyFor = (rows, px) =>
  Math.max(0, ...rows.filter((r) => r.ok && r.tokens >= 2 * sparseFor(r, px)).map((r) => sparseFor(r, px)));
function tickPath(row, every, px) {
  let d = "";
  const { ttft, itl, tokens } = row,
    drawn = every >= sparseFor(row, px);
  for (let n = Math.max(every, 2); drawn && n <= tokens; n += every)
    d += `M${px(ttft + (n - 1) * itl).toFixed(1)} 1v${BAR - 2}`;
  return d;
}

function build(svg) {
  const name = (part) => "lab-timeline-" + part;
  const marks = Array.from({ length: MOST_MARKS + 1 }, () => [
    make(svg, "path", "lab-drawing-grid"),
    textIn(svg, "lab-drawing-middle"),
  ]);
  const axis = make(svg, "path", "lab-drawing-axis"),
    title = textIn(svg, "lab-drawing-end"),
    note = textIn(svg);
  const rows = Array.from({ length: MOST }, () => {
    const row = make(svg, "g", name("row"));
    const [prefill, decode] = ["prefill", "decode"].map((part) =>
      make(row, "rect", name(part), { y: HEAD, height: BAR }),
    );
    return {
      row,
      prefill,
      decode,
      ticks: make(row, "path", name("ticks")),
      spans: make(row, "path", "lab-drawing-axis"),
      head: textIn(row, "lab-drawing-title"),
      says: [textIn(row), textIn(row)],
    };
  });

  function place(v, width) {
    const found = rowsOf(v),
      end = Math.max(...found.map((r) => (r.ok ? r.total : 0)), 0),
      lines = width < NARROW ? 2 : 1;
    const right = Math.max(SIDE + 80, width - SIDE),
      px = (t) => SIDE + (t / (end || 1)) * (right - SIDE);
    const each = HEAD + BAR + 10 + lines * LINE + GAP,
      bottom = Math.max(found.length, 1) * each;
    const every = everyFor(found, px);
    rows.forEach((parts, i) => placeRow(parts, found[i], i * each, { px, right, lines, every }));

    const unit = isMs(end) ? 1e-3 : 1,
      step = end ? stepOf(end, Math.min(MOST_MARKS, Math.floor((right - SIDE) / MARK_WIDTH))) : 0;
    marks.forEach(([grid, label], i) => {
      const t = i * step,
        yes = end > 0 && t <= end * (1 + 1e-9),
        shown = brief(t / unit);
      show(grid, yes);
      show(label, yes);
      if (!yes) return;
      set(grid, { d: `M${px(t)} 4V${bottom}` });
      write(label, shown.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, ""));
      move(label, Math.min(px(t), width - widthOf(label.textContent) / 2), bottom + 16);
    });
    set(axis, { d: `M${SIDE} ${bottom}H${right}` });
    write(note, every > 1 ? `a tick is ${count(every)} tokens` : every ? "a tick is a token" : "");
    move(note, SIDE, bottom + 34);
    const titles = ["time since the request", "time"].map((words) => `${words} [${isMs(end) ? "ms" : "s"}]`);
    write(title, titles.find((words) => widthOf(words) + widthOf(note.textContent) + 12 < right - SIDE) ?? titles[1]);
    move(title, right, bottom + 34);
    return bottom + AXIS;
  }

  function placeRow({ row, prefill, decode, ticks, spans, head, says }, r, y, { px, right, lines, every }) {
    show(row, r !== undefined);
    if (!r) return;
    move(row, 0, y);
    for (const node of [prefill, decode, ticks, spans, ...says]) show(node, r.ok);
    write(
      head,
      fit([r.label, r.ok ? time(r.total) : "no value"].filter(Boolean).join(": "), right - SIDE, 600, HEADING),
    );
    move(head, SIDE, 15);
    if (!r.ok) return;
    const [first, last] = [px(r.ttft), px(r.total)],
      under = HEAD + BAR + 8;
    set(prefill, { x: SIDE, width: first - SIDE });
    set(decode, { x: first, width: last - first });
    move(set(ticks, { d: tickPath(r, every, px) }), 0, HEAD);
    const brace = (from, to) =>
      to - from > 3 ? `M${from + 0.5} ${under - 4}v4H${to - 0.5}v-4` : `M${(from + to) / 2} ${under - 4}v4`;
    set(spans, { d: brace(SIDE, first) + (r.decode ? brace(first, last) : "") });
    const texts = [
      `prefill ${time(r.ttft)}, ${percent(r.ttft / r.total)}`,
      r.decode ? `decode ${count(r.steps)} × ${time(r.itl)}, ${percent(r.decode / r.total)}` : "no decode",
    ];
    const [a, b] = texts.map((words) => widthOf(words));
    texts.forEach((words, i) => write(says[i], words));
    move(says[0], SIDE, under + 15);
    move(says[1], clamp(first, lines === 1 ? SIDE + a + 20 : SIDE, Math.max(SIDE, right - b)), under + lines * LINE);
  }
  return { say, place };
}

export default { render: (view) => draw(view, "timeline", TRAITS, build) };
