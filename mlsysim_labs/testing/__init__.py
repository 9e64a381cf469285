"""What holds of every lab and every picture, proven by one battery each: for this package, and for authors outside it.

    from mlsysim_labs.testing import check_lab, check_picture

    check_lab("labs/04_batching.ipynb")      # what holds of every lab
    check_picture(MyPicture)                 # and of every picture

A fault is an AssertionError whose sentence names it. What only one lab says (its keys worked out another way, its
prose, the moves that a student makes in it) is left to that lab's own tests.
"""

from mlsysim_labs.testing.draws import check_draws, typed
from mlsysim_labs.testing.labs import check_lab, open_lab, shown_lab, tasks_of
from mlsysim_labs.testing.pictures import check_picture, pictures
from mlsysim_labs.testing.silence import check_silence, messages

__all__ = ["check_draws", "check_lab", "check_picture", "check_silence", "messages", "open_lab", "pictures",
           "shown_lab", "tasks_of", "typed"]
