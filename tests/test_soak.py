"""What takes longer than a person waits: the same proofs with many more cases. `make soak` runs them, and the laws."""

from __future__ import annotations

import pytest
import test_bad_input
import test_parity

pytestmark = pytest.mark.soak


def test_all_formulas_at_two_hundred_thousand_points():
    test_parity.agree_at_random_points(groups=4000, count=50, seed=4)


def test_twenty_thousand_odd_calls(rng):
    test_bad_input.answer_odd_calls(rng, pairs=7000)
