// An axis of time from 0 that ends at 1, 2 or 5 times a power of ten. Its end does not change under the hand: at once
// only where what is shown leaves it, or needs less than a third of it; else when the hand has let go.

const CALM = 150; // [ms] after the hand has let go
const MOST_STEPS = 5;

const endFor = (t) => {
  const power = 10 ** Math.floor(Math.log10(t));
  return +`${[1, 2, 5, 10, 20].find((k) => k * power >= t * 1.02)}e${Math.round(Math.log10(power))}`;
};
const stepFor = (end) => end / ({ 1: 5, 2: 4, 5: 5 }[end.toExponential()[0]] ?? 5);
const isTime = (t) => t >= 0 && t <= 1e12;
const isLong = (t) => t >= 1e-12 && t <= 1e12; // what an axis can reach to

// `again` redraws, when the axis changes by itself.
function makeTimeAxis(svg, again) {
  const line = make(svg, "path", "lab-drawing-axis");
  const texts = Array.from({ length: MOST_STEPS + 1 }, () => textIn(svg, "lab-drawing-soft"));
  let end = 0,
    needed = 0,
    timer = 0;
  const settle = () => {
    if (!needed || endFor(needed) === end) return;
    end = endFor(needed);
    again();
  };
  const hold = () => clearTimeout(timer);
  const let_go = () => {
    hold();
    timer = setTimeout(settle, CALM);
  };
  const kinds = { pointerdown: hold, pointerup: let_go, pointercancel: let_go };
  for (const kind in kinds) addEventListener(kind, kinds[kind], true);

  return {
    // The end of the axis, when so much is to be seen of it.
    endFor(t) {
      needed = t;
      if (!end || t > end || t < end / 3) end = endFor(t);
      return end;
    },
    place(y, width) {
      const step = stepFor(end),
        count = Math.round(end / step),
        [size, unit] = TIMES.find(([s]) => end >= s * 0.9995) ?? TIMES.at(-1);
      const ticks = Array.from({ length: count + 1 }, (_, i) => `M${tickAt(i, count, width)} ${y}v5`);
      set(line, { d: `M0 ${y}H${width}${ticks.join("")}` });
      texts.forEach((text, i) => {
        show(text, i <= count);
        if (i > count) return;
        write(text, i === count ? `${plainText((i * step) / size)} ${unit}` : plainText((i * step) / size));
        set(text, { class: `lab-drawing-soft lab-drawing-${i === 0 ? "start" : i === count ? "end" : "middle"}` });
        move(text, (i / count) * width, y + 20);
      });
    },
    settle,
    stop() {
      hold();
      for (const kind in kinds) removeEventListener(kind, kinds[kind], true);
    },
  };
}

const tickAt = (i, count, width) => clamp((i / count) * width, 0.5, width - 0.5);
const grouped = new Intl.NumberFormat("en");
const plainText = (x) => (x >= 1e6 ? brief(x) : grouped.format(+x.toPrecision(3)));
