// What the address asks for: a theme, and a preset of the knobs of an open lab. A state of theirs the rail reads.

// Light or dark, as asked for, or else as the device has it.
export function wearTheme() {
  const asked = new URLSearchParams(location.search).get("theme"),
    device = matchMedia("(prefers-color-scheme: dark)");
  const wear = () => {
    const isDark = asked ? asked === "dark" : device.matches;
    document.documentElement.dataset.jpThemeLight = String(!isDark);
  };
  const wearLight = () => (document.documentElement.dataset.jpThemeLight = "true");
  wear();
  addEventListener("beforeprint", wearLight); // paper is white
  addEventListener("afterprint", wear);
  if (!asked) device.addEventListener("change", wear);
}

// The settings of that name: of something to try, or where a truth is shown; and the picture to look at.
function presets(page) {
  const found = { start: { raw: page.models.get(page.data.rail).get("start") } };
  for (const { name, show } of page.data.predictions) found[name] = { raw: show };
  for (const { name, shows, id } of page.parts[""].items) {
    if (!shows) continue;
    const goals = page.models.get(id).get("places").map((place) => place.at(-1));
    const raw = Object.fromEntries(shows.map((knob, i) => [knob, goals[i]]));
    found[name] = { raw, view: page.models.get(id).get("view") };
  }
  return found;
}

// Puts the knobs where `?preset=NAME` says; a sentence, where nothing is called so.
export function setPreset(page) {
  const name = new URLSearchParams(location.search).get("preset");
  if (!name || !page.isOpen) return "";
  const known = presets(page),
    runner = page.models.get(page.data.runner);
  const all = Object.keys(known).join(", ");
  if (!Object.hasOwn(known, name)) return `This lab has no preset “${name}”. It has ${all}.`;
  const { raw, view } = known[name];
  for (const [knob, trait, ref] of runner.get("controls"))
    if (knob in raw) page.models.at(ref).set(trait, raw[knob]);
  if (view) runner.set("view", view);
  return "";
}
