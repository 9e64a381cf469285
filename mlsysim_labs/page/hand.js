// A drag stays in the browser: the kernel hears of a knob when the hand lets go. Each message to it makes the page
// redraw toolbars between two frames, and an answer that comes late would move the knob back under the hand.

// Holds back what `knobs` (each a model and its trait) would tell while a pointer is down; returns what ends that.
function quietHand(knobs) {
  let isDown = false;
  const untold = new Map(); // by model, with the callbacks of its last change
  const down = () => (isDown = true);
  const up = () => {
    isDown = false;
    const told = [...untold];
    untold.clear();
    for (const [model, callbacks] of told) model.save_changes(callbacks);
  };
  for (const { model, trait } of knobs) {
    const { save_changes, set_state } = model;
    model.save_changes = (callbacks) => {
      if (isDown) untold.set(model, callbacks);
      else return save_changes.call(model, callbacks);
    };
    model.set_state = (state) => {
      if (untold.has(model)) delete state[trait]; // the hand is ahead of the kernel
      return set_state.call(model, state);
    };
  }
  const listening = [
    ["pointerdown", down],
    ["pointerup", up],
    ["pointercancel", up],
  ];
  for (const [event, act] of listening) window.addEventListener(event, act, true);
  return () => {
    up();
    for (const [event, act] of listening) window.removeEventListener(event, act, true);
    for (const { model } of knobs) {
      delete model.save_changes;
      delete model.set_state;
    }
  };
}
