// A student guesses alone: what a class does is in `class_guesses.js`.

const CLASS = null;
