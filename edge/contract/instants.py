# SPDX-License-Identifier: Apache-2.0
"""Instants and spans as people read them, on sheets, reports, films and pages."""

from datetime import datetime, timedelta, timezone
from typing import Final

BEIJING: Final = timezone(timedelta(hours=8))
"""Evidence is dated by Beijing time; the offset is written beside it."""
_MINUTE: Final = 60


def stamp(at: datetime, timespec: str = "milliseconds") -> str:
    """An instant by Beijing time with its offset: 2026-11-24 12:00:00.000 +08:00."""
    text = at.astimezone(BEIJING).isoformat(" ", timespec)
    return f"{text[:-6]} {text[-6:]}"


def clock_time(at: datetime) -> str:
    """The same without date and offset."""
    return f"{at.astimezone(BEIJING):%H:%M:%S}"


def span(seconds: float) -> str:
    """Seconds as 1:05, or 1:02:05."""
    minutes, left = divmod(round(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
