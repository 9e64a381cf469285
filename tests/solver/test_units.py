"""Units: what may be added, what prints, what survives a trip to another process."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pint
import pytest

from solver import Q_, Hardware, Models, ServingModel
from solver.text import number_text
from solver.units import REGISTRY, factor, quantity, unit


@pytest.mark.parametrize("left, right", [
    ("16 GB", 1), ("1 byte", "1 FLOP"), ("1 token/s", "1 request/s"), ("1 dollar", "1 token"), ("1 GB/s", "1 GB"),
    ("1 FLOP", "1 FLOP/s"), ("1 bit", "1 token"), ("1 W", "1 J")])
def test_different_kinds_do_not_add(left, right):
    with pytest.raises(pint.DimensionalityError):
        Q_(left) + (Q_(right) if isinstance(right, str) else right)


@pytest.mark.parametrize("left, right", [
    ("1 GiB", "1073741824 B"), ("1 GB", "1e9 byte"), ("8 bit", "1 B"), ("100 Gbps", "12.5 GB/s"),
    ("1 ktoken", "1000 token"),
    ("1 h", "3600 s"), ("1 kWh", "3.6 MJ"), ("3 user", "3 request"), ("1 TFLOP/s", "1e12 FLOP/s"), ("50 %", "0.5"),
    ("1 us", "1e-6 s"), ("1 year", "8766 h")])
def test_same_amounts(left, right):
    assert Q_(left).to(Q_(right).units).magnitude == pytest.approx(Q_(right).magnitude, rel=1e-12)


def test_decimal_and_binary_prefixes_differ():
    assert Q_("1 GiB") != Q_("1 GB")
    assert (Q_("80 GiB") / Q_("80 GB")).m_as("") == pytest.approx(1.073741824)


@pytest.mark.parametrize("value, text", [
    (Q_(44.23, "GB"), "44.2 GB"), (Q_(0.016, "").to("%"), "1.6 %"), (Q_(4.4777, "ms"), "4.48 ms"),
    (Q_(0.25, ""), "0.25"), (Q_("1 GB") / Q_("4 MB"), "250"), (Q_(131072, "byte/token"), "131,072 B/token"),
    (Q_(5, "token/s"), "5 token/s"), (Q_(3.3, "dollar") / Q_(1, "Mtoken"), "3.3 USD/Mtoken"),
    (Q_(989.4, "TFLOP/s"), "989 TFLOP/s"), (Q_(float("nan"), "ms"), "unknown"), (Q_(0, "GB"), "0 GB"),
    (Q_(-1.5, "GB"), "-1.5 GB"), (Q_([1.0, 2.5, 30000], "GB"), "[1, 2.5, 30,000] GB"), (Q_(999.96, "ms"), "1,000 ms")])
def test_printing(value, text):
    assert str(value) == f"{value}" == text
    assert "dimensionless" not in text


def test_a_ratio_takes_a_format_without_a_word():
    share = Q_("0.27 GB") / Q_("16.3 GB") * 100
    assert f"{share:.1f}%" == "1.7%"
    assert f"{Q_(4.4777, 'ms'):.2f}" == "4.48 ms"


def test_notebooks_show_what_str_says():
    from IPython.core.formatters import DisplayFormatter

    data, _ = DisplayFormatter().format(Q_(4.4777, "ms"))
    assert data == {"text/plain": "4.48 ms"}


@pytest.mark.parametrize("value, text", [(1e-9, "1e-09"), (0.00012, "0.00012"), (123456.7, "123,457"), (1e20, "1e+20"),
                                         (float("inf"), "inf"), (12, "12"), (-0.5, "-0.5")])
def test_number_text(value, text):
    assert number_text(value) == text


def test_quantities_unpickle_in_a_process_that_imported_nothing(tmp_path):
    file = tmp_path / "quantity.pickle"
    sent = [Q_(5.5, "GB/s"), Q_([1.0, 2.0], "ms"), unit("token/s"), Q_(0.5, "")]
    file.write_bytes(pickle.dumps(sent))
    code = f"import pickle; print(*map(str, pickle.load(open({str(file)!r}, 'rb'))), sep='; ')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "5.5 GB/s; [1, 2] ms; token / second; 0.5"


def test_pickle_keeps_value_and_registry():
    back = pickle.loads(pickle.dumps(Q_(1 / 3, "GB")))
    assert back == Q_(1 / 3, "GB")
    assert back + Q_(1, "GB") == Q_(4 / 3, "GB")


def test_a_quantity_of_pints_own_registry_is_taken():
    other = pint.UnitRegistry()
    assert Q_(other.Quantity(100, "gigabyte/second")) == Q_("100 GB/s")
    assert Q_(pint.Quantity(250, "ms")).m_as("second") == 0.25


def test_our_registry_leaves_pints_alone():
    assert pint.get_application_registry() is not REGISTRY
    assert pint.Quantity(3, "meter").to("km").magnitude == pytest.approx(0.003)


def test_factor_and_quantity():
    assert factor("GiB") == 2**30
    assert quantity(2e9, "GB").magnitude == 2.0
    assert isinstance(quantity(np.array([1e9]), "GB").magnitude, np.ndarray)


@pytest.mark.parametrize("text, says", [
    ("1 month", "'month' is no unit that is known. Give it in byte, bit,"), ("5 gigabite", "gigabyte"),
    ("2 T token", "'T' is no unit, but goes in front of one: write it in one word, such as 'Ttoken'."),
    ("1 tflop/s", "TFLOP"), ("3 GBps", "Did you mean GB/s?"), ("5 kB/sx", "Did you mean s?"),
    ("2 " + "x" * 999, "or their multiples.")])
def test_an_unknown_unit_is_answered_in_a_sentence_with_those_that_are_like_it(text, says):
    with pytest.raises(pint.UndefinedUnitError) as caught:
        Q_(text)
    assert says in str(caught.value)
    assert len(str(caught.value)) <= 250
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_week_has_seven_days():
    assert Q_("1 week") == Q_("7 day")


def test_a_quantity_of_another_kind_is_answered_in_a_sentence_of_ours():
    with pytest.raises(pint.DimensionalityError) as caught:
        ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=Q_("3 GB"))
    assert str(caught.value) == "seq_len is 3 GB, and should be in token."
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
