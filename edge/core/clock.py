# SPDX-License-Identifier: Apache-2.0
"""Time as a value. Order never hangs on it; it says when, and how sure we are."""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from edge.contract.words import ClockQuality


@dataclass(frozen=True, slots=True)
class Now:
    """An instant on both clocks: `wall_us` microseconds since 1970 UTC, `uptime_ms` milliseconds since boot."""

    wall_us: int
    uptime_ms: int
    quality: ClockQuality

    @property
    def at(self) -> datetime:
        """The wall clock as an aware datetime."""
        return instant(self.wall_us)

    def later(self, seconds: float) -> "Now":
        """The instant `seconds` after this one on both clocks."""
        return replace(
            self, wall_us=self.wall_us + round(seconds * 1e6), uptime_ms=self.uptime_ms + round(seconds * 1e3)
        )


class Clock(Protocol):
    """Whoever can tell the time."""

    def now(self) -> Now:
        """This instant."""
        ...


class SystemClock:
    """The machine's own clocks; `quality` is set by whoever learns how far the wall clock can be trusted."""

    def __init__(self, quality: ClockQuality = ClockQuality.HELD) -> None:
        """Start with an assumed quality."""
        self.quality = quality

    def now(self) -> Now:
        """This instant, uptime counted through suspend (`CLOCK_BOOTTIME`)."""
        uptime_ms = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
        return Now(time.time_ns() // 1_000, uptime_ms, self.quality)


class ManualClock:
    """A clock that moves only when told to: for tests and for replaying recordings."""

    def __init__(self, start: Now) -> None:
        """Stand still at `start`."""
        self._now = start

    def now(self) -> Now:
        """The instant it was last moved to."""
        return self._now

    def advance(self, seconds: float) -> Now:
        """Move on and tell the new instant."""
        self._now = self._now.later(seconds)
        return self._now


def instant(wall_us: int) -> datetime:
    """Microseconds since 1970 UTC as an aware datetime, without rounding."""
    return datetime.fromtimestamp(wall_us // 1_000_000, UTC).replace(microsecond=wall_us % 1_000_000)


def wall_us(at: datetime) -> int:
    """An aware datetime as microseconds since 1970 UTC."""
    whole = int(at.replace(microsecond=0).timestamp())
    return whole * 1_000_000 + at.microsecond
