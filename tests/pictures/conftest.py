"""Fixtures of the pictures' tests."""

from __future__ import annotations

import pytest
from tanks import Shown


@pytest.fixture
def tank(page):
    shown = Shown(page)
    yield shown
    assert shown.errors == []
