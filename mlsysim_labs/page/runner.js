// The invisible widget of a lab: reads the controls, runs the scene's program on every move, writes into the pictures'
// models. It alone writes pictures, with set_state: a `set` would be saved back and send every array to the kernel.

const EMPTY = "No value to draw here: move a knob, or start over from ⋯.";
const WAITS = "Waiting for the kernel ...";
const REVEAL = 600; // [ms] from a guess to the truth

// The one place that looks other widgets up.
const find = (model, ref) => model.widget_manager.get_model(ref.replace("IPY_MODEL_", ""));
const hasNothing = (v) =>
  typeof v === "number"
    ? !Number.isFinite(v)
    : typeof v !== "string" && v.length > 0 && v.every((x) => !Number.isFinite(x));
const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Calls `frame` with 0 ... 1, eased out; returns what ends it at once.
function animate(ms, frame, done = () => {}) {
  let last = false;
  const begin = performance.now();
  const tick = (now) => {
    if (last) return;
    const t = Math.min(1, Math.max(0, (now - begin) / ms));
    last = t === 1;
    frame(1 - (1 - t) ** 3);
    if (last) done();
    else requestAnimationFrame(tick);
  };
  if (ms === 0 || isStill()) tick(Infinity);
  else requestAnimationFrame(tick);
  return () => last || tick(Infinity);
}

// Between two values of one output: numbers and arrays of one length go over, all else is the later one at once.
function between(from, to, t) {
  if (t === 1) return to;
  const mix = (a, b) => (Number.isFinite(a) && Number.isFinite(b) ? a + (b - a) * t : b);
  if (typeof to === "number") return typeof from === "number" ? mix(from, to) : to;
  if (!ArrayBuffer.isView(to) || from?.length !== to.length) return to;
  return to.map((x, i) => mix(from[i], x));
}

// Two significant digits, as the scale of a guess has them; options are counted from 0.
function stopsOf({ low, high, whole, options }) {
  if (options) return Array.from({ length: options }, (_, i) => i);
  const found = new Set([low, high]);
  for (let power = Math.floor(Math.log10(low)) - 1; 10 ** power <= high; power++)
    for (let digits = 10; digits < 100; digits++) found.add(Number(`${digits}e${power}`));
  return [...found].filter((x) => x >= low && x <= high && !(whole && x % 1)).sort((a, b) => a - b);
}

async function connect(model) {
  const controls = await Promise.all(
    model.get("controls").map(async ([name, trait, ref]) => ({ name, trait, model: await find(model, ref) })),
  );
  const views = await Promise.all(model.get("views").map((ref) => find(model, ref)));
  const guesses = {};
  for (const [name, given] of Object.entries(model.get("guesses")))
    guesses[name] = { ...given, model: await find(model, given.widget), stops: stopsOf(given) };
  const scenes = {};
  for (const [name, scene] of Object.entries(model.get("scenes"))) {
    const pictures = await Promise.all(
      scene.pictures.map(async (p) => ({ ...p, frame: await find(model, p.frame), note: await find(model, p.note) })),
    );
    scenes[name] = { ...scene, name, pictures, run: load(scene.program), held: {} };
  }
  return { controls, views, guesses, scenes };
}

function play(model, { controls, views, guesses, scenes }, written) {
  let waiting = false,
    end = null; // of what moves by itself
  const sceneNow = () => scenes[model.get("scene")] ?? scenes[""] ?? Object.values(scenes)[0];
  const raw = () => Object.fromEntries(controls.map((c) => [c.name, c.model.get(c.trait)]));
  const isAt = (show, now) => Object.entries(show).every(([name, value]) => !(name in now) || now[name] === value);

  // What is guessed counts in its own picture: while it is asked for, and afterwards where the truth is shown.
  const guessAt = (now, scene) => {
    const asked = guesses[model.get("scene")];
    const isSeen = asked && (!asked.picture || shownIn(scene) === asked.picture),
      counts = isSeen && (scene.name !== "" || isAt(asked.show, now));
    return (counts ? asked.model.get("guess") : null) ?? NaN;
  };
  const inputs = (scene, now = raw()) => ({ ...model.get("kernel_state").values, ...now, guess: guessAt(now, scene) });

  const write = (scene, changed) => {
    const hidden = scene.pictures.filter((p) => p.name !== shownIn(scene)).flatMap((p) => p.outputs);
    const states = new Map();
    for (const [name, value] of Object.entries(changed)) {
      if (hidden.includes(name)) continue; // until it is looked at
      const [view, trait, array] = name.split(".");
      if (!states.has(view)) states.set(view, {});
      written[name] = value;
      states.get(view)[trait] = array && typeof value === "number" ? Float64Array.of(value) : value;
    }
    for (const [view, state] of states) views[view].set_state(state);
  };
  const shownIn = (scene) => {
    const seen = scene.pictures.some((p) => p.name === model.get("view"));
    return seen ? model.get("view") : scene.first;
  };

  const isEmpty = ({ vital }, held) => {
    const [arrays, numbers] = [true, false].map((array) =>
      vital.filter((o) => o.endsWith(".array") === array).map((o) => held[o]),
    );
    return numbers.some(hasNothing) || (arrays.length > 0 && arrays.every(hasNothing));
  };
  const dim = (scene, now) => {
    const { at = {}, problems = {} } = model.get("kernel_state");
    for (const p of scene.pictures) {
      const isStale = p.follows.some((name) => name in at && now[name] !== at[name]);
      const isPosed = scene.name !== "" && Number.isNaN(guessAt(now, scene)); // nothing guessed: the picture says so
      const empty = !isPosed && isEmpty(p, scene.held);
      const sentence = problems[p.name] ?? (isStale ? WAITS : empty ? EMPTY : "");
      if (sentence === p.sentence) continue;
      p.sentence = sentence;
      p.note.set_state({ value: sentence });
      p.frame.set_state({ _dom_classes: [...p.classes, ...(sentence ? ["lab-dim"] : [])] });
    }
  };

  // All of the scene, or what has changed since.
  const draw = (everything) => {
    const scene = sceneNow();
    if (!scene) return {};
    const now = raw(),
      changed = scene.run(inputs(scene, now));
    Object.assign(scene.held, changed);
    write(scene, everything ? scene.held : changed);
    dim(scene, now);
    return changed;
  };
  const follow = () => {
    if (!waiting) return; // stopped meanwhile
    waiting = false;
    const changed = draw(false);
    // A knob that moves nothing in a picture of a guess leads back to the one that it moves.
    const scene = sceneNow(),
      seen = scene?.pictures.find((p) => p.name === shownIn(scene));
    if (scene?.name === "" && seen && !seen.view && !seen.outputs.some((o) => o in changed))
      model.set("view", scene.first);
  };
  // In the same task as the move: a pointer moves once a frame already, and the next frame would be a frame too late.
  const soon = () => {
    if (gliding) return;
    end?.(); // nothing moves by itself under a hand
    if (!waiting) queueMicrotask(follow);
    waiting = true;
  };
  let gliding = false; // while this moves a knob, and no hand
  const glide = (knobs, t) => {
    gliding = true;
    for (const k of knobs) {
      if (k.control.model.get(k.control.trait) !== k.last) continue; // a hand has it
      const way = typeof k.to === "number" && t < 1 ? k.from + (k.to - k.from) * t : k.to;
      k.control.model.set(k.control.trait, Number.isInteger(k.to) && t < 1 ? Math.round(way) : way);
      k.last = k.control.model.get(k.control.trait); // a slider rounds what it is given to its own stops
    }
    gliding = false;
  };
  const look = () => {
    end?.();
    draw(true);
  };

  // The pictures of a scene are told that its reveal has come to rest; what can be played is played once, in a frame
  // of its own: in this one it is still drawn anew.
  const rest = (scene) => {
    const shown = scene.pictures.find((p) => p.name === shownIn(scene))?.outputs ?? [];
    for (const i of new Set(shown.map((o) => o.split(".")[0]))) {
      views[i].set("settled", (views[i].get("settled") ?? 0) + 1);
      if (views[i].get("plays") && !isStill()) requestAnimationFrame(() => views[i].set("playing", true));
    }
  };

  // The marks of the guess move to the truth, and the knobs with them to where it is shown.
  const reveal = () => {
    const { prediction } = model.get("reveal"),
      asked = guesses[prediction];
    if (!asked) return look();
    model.set("scene", prediction);
    const scene = sceneNow(),
      from = { ...written },
      knobs = controls
        .filter((c) => c.name in asked.show)
        .map((c) => ({ control: c, from: c.model.get(c.trait), last: c.model.get(c.trait), to: asked.show[c.name] }));
    const now = { ...raw(), ...Object.fromEntries(knobs.map((k) => [k.control.name, k.to])) };
    Object.assign(scene.held, scene.run({ ...inputs(scene, now), guess: asked.model.get("guess") ?? NaN }));
    const tweened = scene.pictures.flatMap((p) => p.vital);
    end = animate(
      REVEAL,
      (t) => {
        glide(knobs, t);
        const state = Object.entries(scene.held).map(([o, to]) => [
          o,
          tweened.includes(o) ? between(from[o], to, t) : to,
        ]);
        write(scene, Object.fromEntries(state));
      },
      () => {
        end = null;
        for (const k of knobs) k.control.model.save_changes();
        draw(true);
        rest(scene);
        model.set("revealed", prediction);
      },
    );
  };

  // A thing in a picture was dragged: the guess is the one that puts it nearest to the hand.
  const probes = new Map();
  const grabbed = (view) => () => {
    const scene = sceneNow(),
      asked = guesses[model.get("scene")] ?? guesses[scene.name],
      [trait, wanted] = views[view].get("grabbed");
    if (scene.name === "" || !asked || "value" in asked.model.get("locked")) return;
    const now = inputs(scene),
      key = JSON.stringify([scene.name, view, trait, { ...now, guess: 0 }]);
    if (!probes.has(key)) {
      const probe = load(scene.program),
        output = `${view}.${trait}`;
      probes.clear();
      let last;
      probes.set(
        key,
        asked.stops.map((guess) => (last = probe({ ...now, guess })[output] ?? last)),
      );
    }
    const off = probes.get(key).map((value) => Math.abs(value - wanted));
    asked.model.set("guess", asked.stops[off.indexOf(Math.min(...off))]);
  };

  const held = [];
  const listen = (thing, event, act) => {
    thing.on(event, act);
    held.push(() => thing.off(event, act));
  };
  for (const c of controls) listen(c.model, "change:" + c.trait, soon);
  for (const asked of Object.values(guesses)) listen(asked.model, "change:guess", soon);
  views.forEach((view, i) => listen(view, "change:grabbed", grabbed(i)));
  listen(model, "change:kernel_state", soon);
  listen(model, "change:scene change:view", look);
  const isAwaited = ({ name }) => Object.values(scenes).some((s) => s.pictures.some((p) => p.follows.includes(name)));
  held.push(quietHand(controls.filter((c) => !isAwaited(c)))); // what only the kernel computes is to move with the hand
  return {
    look,
    reveal,
    stop: () => {
      waiting = false;
      end?.();
      for (const off of held) off();
    },
  };
}

async function initialize({ model }) {
  let playing = null,
    turn = 0,
    seen = model.get("reveal").number;
  const written = {}; // what the pictures show, whichever scene wrote it
  const start = async () => {
    const mine = ++turn,
      found = await connect(model);
    if (mine !== turn) return; // newer scenes came while the widgets were looked up
    playing?.stop();
    playing = play(model, found, written);
    const isFresh = model.get("reveal").number !== seen;
    seen = model.get("reveal").number;
    if (isFresh) playing.reveal();
    else playing.look();
    model.set("ready", (model.get("ready") ?? 0) + 1);
  };
  model.on("change:scenes change:reveal", start);
  await start();
  return () => {
    turn++;
    playing?.stop();
    model.off("change:scenes change:reveal", start);
  };
}

export default { initialize };
