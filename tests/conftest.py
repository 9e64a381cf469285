"""Fixtures of all tests; the modules beside this one and in tools/ can be imported by name."""

from __future__ import annotations

import collections
import pathlib
import sys

import numpy as np
import pytest
from paths import ROOT

# About how many seconds a test takes that asks for this fixture or has this mark.
SECONDS = {"fixture": {"jupyter": 15.0, "player": 8.0, "page": 0.8}, "mark": {"release": 60.0, "slow": 2.0}}
SECONDS_OF_OTHERS = 0.02

# nbformat checks notebooks by jsonschema, which reads 38 grammars of addresses where it finds this package, 1.5 s long.
sys.modules.setdefault("rfc3987_syntax", None)  # to import it fails, and jsonschema goes on without


@pytest.hookimpl(trylast=True)  # when those that -m leaves out are gone
def pytest_collection_modifyitems(config, items):
    """Side by side, the files that take longest come first; each stays on one worker (`--dist loadfile`)."""
    if hasattr(config, "workerinput"):
        takes: dict[str, float] = collections.Counter()
        for item in items:
            takes[module(item)] += seconds(item)
        items.sort(key=lambda item: -takes[module(item)])


def module(item) -> str:
    """The file of a test."""
    return item.nodeid.partition("::")[0]


def seconds(item) -> float:
    """About how long a test takes."""
    asks = [("fixture", name) for name in getattr(item, "fixturenames", ())]
    asks += [("mark", mark.name) for mark in item.iter_markers()]
    return max((SECONDS[kind].get(name, 0.0) for kind, name in asks), default=0.0) or SECONDS_OF_OTHERS


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261120)


@pytest.fixture
def record_file(tmp_path):
    """Where records of a lab are kept, empty."""
    from mlsysim_labs.records.record_file import RecordFile

    return RecordFile("03_kv_cache", tmp_path)


@pytest.fixture
def record():
    """A record with two events."""
    from mlsysim_labs.records.record import Record

    first = Record("03_kv_cache").added("opened", "", {}, id="a")
    return first.added("prediction", "users", {"text": "16 GiB"}, id="b")


@pytest.fixture(scope="session")
def root() -> pathlib.Path:
    return ROOT


@pytest.fixture(scope="session")
def browser():
    """A real Chromium, for the whole session."""
    import equip
    from playwright.sync_api import sync_playwright

    path = equip.chromium()
    assert path, "the browser tests need a Chromium: run `make test`, which installs one"
    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=path, args=equip.CHROMIUM_FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def visitor(browser):
    """A person's browser, which keeps the scripts of JupyterLab from page to page, compiled."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(60_000)
    yield context
    context.close()


@pytest.fixture
def page(visitor):
    """A fresh page, which remembers nothing; the test fails if it asked for anything outside this machine."""
    page = visitor.new_page()
    outside = []
    page.on("request", lambda request: outside.append(request.url) if is_outside(request.url) else None)
    yield page
    kept = "local_storage,session_storage,indexeddb,cookies"
    tab = visitor.new_cdp_session(page)
    tab.send("Storage.clearDataForOrigin", {"origin": origin(page.url), "storageTypes": kept})
    page.close()
    assert outside == [], "the page asked for something outside this machine"


def origin(url: str) -> str:
    """Who keeps what a page at that address remembers; any, where it is no address."""
    return "/".join(url.split("/")[:3]) if url.startswith("http") else "*"


def is_outside(url: str) -> bool:
    return url.startswith(("http:", "https:", "ws:", "wss:")) and "//localhost" not in url and "//127.0.0.1" not in url


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory):
    """A JupyterLab on a copy of the labs."""
    from live_jupyter import Jupyter

    with Jupyter(ROOT / "labs", tmp_path_factory.mktemp("jupyter")) as server:
        yield server
