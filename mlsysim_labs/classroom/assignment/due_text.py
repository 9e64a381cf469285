"""When something is due, in words, which are the same on every machine."""

from __future__ import annotations

import datetime

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")


def due_text(moment: datetime.datetime | None) -> str:
    """A moment with the zone that it was written in; nothing, if there is none.

    >>> due_text(datetime.datetime.fromisoformat("2026-12-05T23:59:00+01:00"))
    'Saturday, 5 December 2026, 23:59 (UTC+01:00)'
    """
    if moment is None:
        return ""
    zone = f"{moment:%z}"[:5]
    named = "UTC" if zone.strip("+-0") == "" else f"UTC{zone[:3]}:{zone[3:]}"
    return f"{DAYS[moment.weekday()]}, {moment.day} {MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M} ({named})"
