"""The file of fitted figures: nobody has changed it by hand, and what it says is plausible and has a source."""

from __future__ import annotations

import datetime
import itertools
import math
import tomllib

import fit
import pytest

from solver import Profiles
from solver.fit.file import FittedTable, file_text, tables_of
from solver.formulas.collectives import IN_GRAPHS
from solver.formulas.kernels import KERNELS_2026
from solver.zoo.records import Source

WRITTEN = fit.FILE.read_text(encoding="utf-8")
READ = tomllib.loads(WRITTEN)


def test_the_file_is_as_the_command_writes_it():
    assert file_text(*tables_of(READ)) == WRITTEN


def test_every_value_comes_back():
    values = {"share": 0.25, "time": "3.5 us", "none": math.inf, "shares": {"default": 1.0, "K-quants": 0.5},
              "said": 'a "word" \\ more'}
    source = Source("Title", "https://example.org", datetime.date(2026, 1, 2))
    table = FittedTable("room", "Hopper 8-bit", values, "there", {"by": "me", "rows": 3})
    text = file_text([table, FittedTable("room", "b", {}, "there")], {"there": source, "unused": source})
    back, sources = tables_of(tomllib.loads(text))
    assert back[0] == table and sources == {"there": source}


@pytest.mark.parametrize("room", [room for room in READ if room not in ("sources", "bands")])
def test_every_table_says_of_what_it_was_fitted(room):
    for table in READ[room].values():
        assert table["source"] in READ["sources"] and READ["sources"][table["source"]]["url"].startswith("https://")
        assert table["fit"]["by"] in {one.name for stage in fit.STAGES for one in stage}
        assert table["fit"]["rows"] > 0 and 0 < table["fit"]["median"] < table["fit"]["p90"]
        assert table["fit"]["p90"] < (1.0 if room == "load_tests" else 0.5)


def test_every_band_says_on_which_rows_it_was_counted():
    for table in READ["bands"].values():
        assert table["name"] and table["fit"]["by"] == "bands" and table["fit"]["of"].endswith(".csv")


@pytest.mark.parametrize("kind", ["Ampere 16-bit", "Ada 16-bit", "Ada 8-bit", "Hopper 16-bit", "Hopper 8-bit",
                                  "Blackwell 16-bit", "Blackwell 8-bit", "Blackwell 4-bit"])
def test_kernels_reach_a_share_of_a_chip(kind):
    found = KERNELS_2026[kind]
    assert 0.3 < found.compute < 0.9 and 0.6 < found.memory < 1 and 1e-6 < found.launch < 20e-6
    assert 0 <= found.step < 3e-9 and found.cached >= 1 and found.norm == 2
    assert math.isinf(found.narrowing) == kind.endswith("16-bit")


def test_narrower_numbers_reach_less_of_their_peak_and_start_later():
    for family, kinds in (("Hopper", (16, 8)), ("Blackwell", (16, 8, 4)), ("Ada", (16, 8))):
        shares = [KERNELS_2026[f"{family} {bits}-bit"] for bits in kinds]
        assert all(wide.compute > narrow.compute for wide, narrow in itertools.pairwise(shares))
        assert all(shares[0].launch < narrow.launch for narrow in shares[1:])


@pytest.mark.parametrize("kind", ["Ampere", "Hopper", "Blackwell", "PCIe 2", "PCIe"])
def test_all_reduces_reach_a_share_of_a_link(kind):
    found = IN_GRAPHS[kind]
    assert 1e-6 < found.latency < 10e-6 and 0 <= found.growth < 1 and 0.1 < found.direct < 1
    assert math.isinf(found.start) == kind.startswith("PCIe") and 0.3 < found.bus <= 1


def test_apples_profile_has_a_share_for_each_kind_of_file():
    """ggml-org/llama.cpp, discussion 4167: 0.85 of the bandwidth and more with long layers; K-quants as before."""
    profile = Profiles.apple
    assert 0.85 < profile.memory["Unified"] < 0.95 and 0.55 < profile.memory["K-quants"] < 0.75
    assert 100e-6 < profile.launch < 250e-6 and profile.sources["memory"].url
