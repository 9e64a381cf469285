"""The bar on long work: when it appears, where, and who is told instead."""

from __future__ import annotations

import io
import sys
import types

import pytest

from solver import explore
from solver.design.spaces import progress
from solver.design.spaces.progress import Watching

SPACE = {"x": range(100)}


def square(x):
    return {"y": x * x}


class Terminal(io.StringIO):
    """A stderr that somebody looks at."""

    def isatty(self):
        return True


@pytest.fixture
def slow(monkeypatch):
    """Work that has taken long already; no tqdm."""
    monkeypatch.setattr(progress, "SECONDS_UNSHOWN", -1.0)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)


def test_a_function_is_told_what_is_done():
    told = []
    explore(square, SPACE, "y", progress=lambda done, total: told.append((done, total)), chunk=30)
    assert told == [(0, 100), (30, 100), (60, 100), (90, 100), (100, 100)]


def test_a_function_may_stop_the_work():
    def stop(done, total):
        if done > 50:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explore(square, SPACE, "y", progress=stop, chunk=30)


def test_a_line_on_a_terminal(slow, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    explore(square, SPACE, "y", chunk=30)
    drawn = sys.stderr.getvalue()
    assert "\rsquare [##################            ] 60 %, 60 of 100, " in drawn
    assert drawn.endswith("100 of 100, 0 s left\033[K\n")


@pytest.mark.parametrize("options", [{"progress": False}, {}])
def test_silence(slow, monkeypatch, options):
    monkeypatch.setattr(sys, "stderr", Terminal() if options else io.StringIO())
    explore(square, SPACE, "y", chunk=30, **options)
    assert sys.stderr.getvalue() == ""


def test_quick_work_draws_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    explore(square, SPACE, "y", chunk=30)
    assert sys.stderr.getvalue() == ""


def test_a_text_in_a_notebook(slow, monkeypatch):
    shown = []
    handle = types.SimpleNamespace(update=lambda data, raw: shown.append(data["text/plain"]))
    module = types.SimpleNamespace(display=lambda data, raw, display_id: shown.append(data["text/plain"]) or handle)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(
        display=module, get_ipython=lambda: types.SimpleNamespace(kernel=1)))
    explore(square, SPACE, "y", chunk=30)
    assert shown[0] == "square" and shown[-1].startswith("square [##############################] 100 %")


def test_tqdm_draws_where_it_is_installed(slow, monkeypatch):
    bars = []

    class Bar:
        def __init__(self, total, desc, **rest):
            self.total, self.desc, self.n, self.closed = total, desc, 0, False
            bars.append(self)

        def update(self, more):
            self.n += more

        def close(self):
            self.closed = True

    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setitem(sys.modules, "tqdm.auto", types.SimpleNamespace(tqdm=Bar))
    explore(square, SPACE, "y", chunk=30)
    [bar] = bars
    assert (bar.n, bar.total, bar.desc, bar.closed) == (100, 100, "square", True)


def test_it_is_closed_when_work_fails(slow, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    watching = Watching(True, 10, "work")
    watching.tell(3)
    watching.tell(3)
    watching.close()
    assert sys.stderr.getvalue().endswith("\n") and "60 %" in sys.stderr.getvalue()
