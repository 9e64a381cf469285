"""A prediction before a class: what is called out stands on the scale, and the truth appears among it.

    guess = ClassPrediction(name="users", question="How many users fit?", unit="users", mode="demo", on_lock=print)

The page keeps the guesses to itself and locks their median, or the option of most hands. *Again* is for the next class.
"""

from __future__ import annotations

from typing import Any

import traitlets

from mlsysim_labs.questions.predict import READING, READING_TABLES, Prediction
from mlsysim_labs.widgets.assets import script, style


class ClassPrediction(Prediction):
    """A prediction that a class makes, as often as it likes.

    `class_guesses` : in the browser alone and never sent: what was called out, or the hands for each option
    """

    _esm = script("questions/acts.js", *READING, "questions/scale.js", "questions/class_guesses.js",
                  "questions/predict.js", TABLES=READING_TABLES)
    _css = style("questions/acts.css", "questions/predict.css", "questions/class_guesses.css")
    class_guesses: Any = traitlets.List(traitlets.Float()).tag(sync=True)

    def _do(self, kind: Any, value: Any) -> None:
        if kind == "again":  # the next class, or the same one after it has talked
            self.open_again()
        else:
            super()._do(kind, value)
