// What anywidget gives a module, without a kernel: models whose values are this page's alone. What a module sends is
// heard by the page itself.

const bare = (ref) => ref.replace("IPY_MODEL_", "");

export class Model {
  constructor(id, { kind, script, state }, models) {
    Object.assign(this, { model_id: id, kind, script, state: { ...state }, models, held: [] });
    this.widget_manager = { get_model: async (name) => models.get(name) };
  }
  get(name) {
    return this.state[name];
  }
  // Two ways that share nothing: whoever holds a knob takes over `set_state`, which must not hold back its own moves.
  set(name, value) {
    this.change(typeof name === "string" ? { [name]: value } : name);
  }
  set_state(values) {
    this.change(values);
  }
  change(values) {
    const moved = Object.keys(values).filter((name) => !Object.is(this.state[name], values[name]));
    Object.assign(this.state, values);
    for (const name of moved) this.trigger("change:" + name, this, this.state[name]);
    if (moved.length) this.trigger("change", this);
  }
  save_changes() {} // there is nobody to tell
  send(said) {
    this.models.hear(this, said);
  }
  on(names, act, context = null) {
    for (const name of names.split(" ")) this.held.push({ name, act, context });
  }
  off(names = null, act = null, context = null) {
    const gone = names && names.split(" ");
    this.held = this.held.filter(
      (one) => (gone && !gone.includes(one.name)) || (act && act !== one.act) || (context && context !== one.context),
    );
  }
  trigger(name, ...told) {
    for (const one of [...this.held]) if (one.name === name) one.act.call(one.context ?? this, ...told);
  }
}

// All models of the page by name; `hear` is told what a module sends.
export class Models extends Map {
  hear = () => {};
  add(described) {
    for (const [id, one] of Object.entries(described))
      if (!this.has(id) && one.kind) this.set(id, new Model(id, one, this));
  }
  at(ref) {
    return this.get(bare(ref));
  }
  ofName(name) {
    return [...this.values()].find((model) => model.get("name") === name);
  }
}

// What something is to become, if it is not that already: an equal list is no news.
export function tell(model, values) {
  const news = Object.entries(values).filter(([name, x]) => JSON.stringify(model.get(name)) !== JSON.stringify(x));
  if (news.length) model.set_state(Object.fromEntries(news));
}
