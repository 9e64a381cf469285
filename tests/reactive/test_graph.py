"""The graph: wiring by names, lazy values, failures that heal, observers that hear once."""

from __future__ import annotations

import pytest

from mlsysim_labs import Graph
from mlsysim_labs.reactive.graph import NodeError


@pytest.fixture
def graph():
    g = Graph(a=1, b=2)
    g.calls = []

    @g.derive
    def total(a, b):
        g.calls.append("total")
        return a + b

    @g.derive
    def ratio(total, b):
        g.calls.append("ratio")
        return total / b

    return g


def test_values_follow(graph):
    assert (graph["total"], graph["ratio"]) == (3, 1.5)
    graph.set(a=5)
    assert (graph["total"], graph["ratio"]) == (7, 3.5)


def test_nothing_is_computed_before_it_is_asked_for_nor_twice(graph):
    graph.set(a=4)
    assert graph.calls == []
    graph["ratio"], graph["ratio"], graph["total"]
    assert graph.calls == ["total", "ratio"]


def test_only_what_follows_is_computed_again(graph):
    graph.add("c", 1)

    @graph.derive
    def apart(c):
        graph.calls.append("apart")
        return c

    graph["ratio"], graph["apart"]
    graph.calls.clear()
    graph.set(c=2)
    graph["ratio"], graph["apart"]
    assert graph.calls == ["apart"]


def test_a_failure_is_one_sentence_and_heals(graph):
    graph.set(b=0)
    with pytest.raises(NodeError, match=r"ratio failed: .*division by zero \(ZeroDivisionError\)"):
        graph["ratio"]
    assert graph["total"] == 1, "what does not depend on it is fine"
    graph.set(b=2)
    assert graph["ratio"] == 1.5 and graph.problem("ratio") is None


def test_followers_of_a_failure_wait_and_name_it(graph):
    @graph.derive
    def far(ratio):
        return ratio

    @graph.derive
    def farther(far):
        return far

    graph.set(b=0)
    assert graph.problem("farther") == f"farther waits: {graph.problem('ratio')}"
    graph.set(b=1)
    assert graph["farther"] == 2


def test_a_failing_function_runs_once_a_change(graph):
    graph.set(b=0)
    graph.calls.clear()
    for _ in range(3):
        graph.problem("ratio")
    assert graph.calls.count("ratio") == 1


def test_running_a_cell_twice_replaces_the_function(graph):
    assert graph["ratio"] == 1.5

    @graph.derive
    def total(a, b):
        return 10 * (a + b)

    assert graph["ratio"] == 15


def test_an_observer_hears_of_each_change_once(graph):
    heard = []
    stop = graph.observe(heard.append, "ratio")
    graph.set(a=2, b=4)
    with graph.hold():
        graph.set(a=6)
        graph.set(b=6)
        with graph.hold():
            graph.set(a=0)
    assert heard == [1.5, 1.0]
    graph.set(b=0)
    assert isinstance(heard[-1], NodeError)
    stop()
    graph.set(b=1)
    assert len(heard) == 3


def test_values_can_be_observed_and_observers_may_set(graph):
    heard = []
    graph.observe(lambda a: graph.set(b=10 * a), "a")
    graph.observe(heard.append, "ratio")
    graph.set(a=1)
    assert heard[-1] == 11 / 10


def test_an_observer_hears_nothing_of_what_did_not_move(graph):
    graph.add("c", 1)
    heard = []
    graph.observe(heard.append, "ratio")
    graph.set(c=5)
    assert heard == []


def test_an_error_inside_hold_releases_it(graph):
    heard = []
    graph.observe(heard.append, "total")
    with pytest.raises(KeyError), graph.hold():
        graph.set(a=3)
        graph.set(nonsense=1)
    graph.set(a=4)
    assert heard == [5, 6]


@pytest.mark.parametrize("act, error, says", [
    (lambda g: g["totl"], KeyError, "Did you mean total"),
    (lambda g: g.set(A=3), KeyError, "Did you mean a"),
    (lambda g: g.set(total=3), ValueError, "follows from a, b"),
    (lambda g: g.add("total", 3), ValueError, "is a function here"),
    (lambda g: g.observe(print, "rato"), KeyError, "Did you mean ratio"),
    (lambda g: g.derive(named("a", lambda b: b)), ValueError, "'a' is a value here"),
    (lambda g: g.derive(named("f", lambda ratoi: 1)), NameError, "asks for 'ratoi'.*Did you mean ratio"),
    (lambda g: g.derive(named("f", lambda *a: 1)), TypeError, "name each value"),
    (lambda g: g.derive(named("total", lambda ratio: 1)), NameError, "does not come before it")])
def test_mistakes_are_explained(graph, act, error, says):
    with pytest.raises(error, match=says):
        act(graph)


def named(name, function):
    function.__name__ = name
    return function


def test_a_default_is_not_wiring(graph):
    @graph.derive
    def scaled(total, b=100):
        return total * b

    assert graph["scaled"] == 300


def test_names_come_in_order(graph):
    assert graph.names() == ["a", "b", "total", "ratio"]
    assert "ratio" in graph and "c" not in graph


def test_one_observers_mistake_leaves_no_other_behind(graph):
    heard = []

    def clumsy(value):
        raise RuntimeError("clumsy")

    graph.observe(clumsy, "total")
    graph.observe(heard.append, "total")
    graph.observe(heard.append, "ratio")
    with pytest.raises(RuntimeError, match="clumsy"):
        graph.set(a=4)
    assert heard == [6, 3.0]


def test_a_failure_without_a_reason_still_reads(graph):
    def silent(a):
        raise ValueError

    graph.derive(silent)
    assert graph.problem("silent") == "silent failed: it gave no reason (ValueError)"


def test_adding_a_value_again_is_a_change(graph):
    heard = []
    graph.observe(heard.append, "total")
    graph.add("a", 10)
    assert heard == [12]
