"""Acts of a student that the page sends and the kernel acknowledges: what predictions and tasks share.

The page says "saved" only when the kernel has said so; `acts.js` has its half, with the banner for silence. Where
nothing can be written a student may go on all the same: the banner offers it, and the next act says so to the kernel.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable
from typing import Any

import traitlets

from mlsysim_labs.marking.answers import AnswerError
from mlsysim_labs.records.atomic import NotSaved
from mlsysim_labs.widgets.strict import Strict

MOST_OPTIONS = 4
LONGEST_ID = 64


class ActWidget(Strict):
    """A widget whose page sends acts, ``{kind, id, value, time}``, and hears ``{saved: id}`` or ``{failed: id, why}``.

    With ``unkept`` the one says that it may stay unsaved, and the other that this can be asked for; with ``quiet`` what
    was written cannot be read, which is no alarm. An act that comes
    again, as a retry does, is acknowledged and not done again. The page writes no trait: all that it has to say is an
    act, and an act is checked.

    `name` : what the act is called in a record
    `lab` : keeps what is typed but not committed apart from other labs'; without it a reload forgets that
    `question` : what is asked, and `given` : under which conditions
    `mode` : "learn", "demo" before a class, where nothing is kept, or "exam", where nothing is judged
    `unkept` : whether what is done is in the kernel's memory alone, as nothing can be written
    `go_on` : called before an act of a student who goes on without saving; None where that cannot be
    """

    name = traitlets.Unicode().tag(sync=True)
    lab = traitlets.Unicode().tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)
    given = traitlets.Unicode().tag(sync=True)
    mode = traitlets.Enum(["learn", "demo", "exam"], "learn").tag(sync=True)
    unkept = traitlets.Bool(False).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.go_on: Callable[[], object] | None = None
        self.act = ""  # the id of the one that is being done
        self._done: collections.deque[str] = collections.deque(maxlen=100)
        self.on_msg(lambda widget, content, buffers: self.hear(content))

    def set_state(self, sync_data: Any) -> None:
        """Nothing: a page may not write traits."""

    def hear(self, content: Any) -> None:
        """A message of the page: what it asks for is done, and acknowledged or refused."""
        act = content.get("id") if isinstance(content, dict) else None
        if not isinstance(act, str) or not 0 < len(act) <= LONGEST_ID:
            return  # nobody who could be answered
        self.act = act
        try:
            if act not in self._done:
                if content.get("unkept") is True and self.go_on is not None:
                    self.go_on()
                self._do(content.get("kind"), content.get("value"))
        except AnswerError as error:
            self.send({"failed": act, "why": str(error), "quiet": True})
            return
        except Exception as error:  # of whoever saves it: the student is told, and can try again
            may_go_on = {"unkept": True} if self.go_on is not None and isinstance(error, NotSaved) else {}
            self.send({"failed": act, "why": str(error) or type(error).__name__, **may_go_on})
            return
        self._done.append(act)
        self.send({"saved": act})

    def _do(self, kind: Any, value: Any) -> None:
        """Check an act and have it saved; whatever is raised is the reason why it is not."""
        raise NotImplementedError


def checked_options(options: Iterable[str], what: str) -> list[str]:
    """Options of a choice, or a sentence on what is wrong with them."""
    found = list(options)
    if not 2 <= len(found) <= MOST_OPTIONS or len(set(found)) < len(found) or "" in found:
        raise ValueError(f"{what} is a choice: give 2 to {MOST_OPTIONS} different options, not {found}.")
    return found
