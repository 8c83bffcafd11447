# SPDX-License-Identifier: Apache-2.0
"""Time as a value. Order never hangs on it; it says when, and how sure we are."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Protocol

from edge.contract.words import ClockQuality

SECOND_US: Final = 1_000_000
EARLIEST_US: Final = 1_767_225_600_000_000
"""2026-01-01 UTC: no event of this agent can be older; a clock before it was never set."""
CLOCK_SET_US: Final = 2 * SECOND_US
"""A wall clock that leaves the boot clock by more, or by which capture times fall back by more, was set."""
DEAF_MS: Final = 2000
"""Frames captured before the clock was set may still be under way for so long."""


@dataclass(frozen=True, slots=True)
class Now:
    """An instant on both clocks: `wall_us` microseconds since 1970 UTC, `uptime_ms` milliseconds since boot.

    `error_ms` is how far off the wall clock may be at most, None where nobody vouches for it.
    """

    wall_us: int
    uptime_ms: int
    quality: ClockQuality
    error_ms: int | None = None

    @property
    def at(self) -> datetime:
        """The wall clock as an aware datetime."""
        return instant(self.wall_us)

    @property
    def boot_us(self) -> int:
        """When the machine was booted, by the wall clock: it changes only when the clock is set."""
        return self.wall_us - self.uptime_ms * 1000

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


def uptime_us() -> int:
    """Microseconds since the machine was booted, counted through suspend (`CLOCK_BOOTTIME`)."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000


class SystemClock:
    """The machine's own clocks, as they are; nothing is known of how right they are."""

    def __init__(self, quality: ClockQuality = ClockQuality.HELD) -> None:
        """Start with an assumed quality."""
        self.quality = quality

    def now(self) -> Now:
        """This instant."""
        return Now(time.time_ns() // 1_000, uptime_us() // 1_000, self.quality)


class SteeredClock:
    """Uptime plus what right time is ahead of it, as whoever keeps the time has set it: it jumps only if told to."""

    def __init__(self, offset_us: int, quality: ClockQuality, uptime: Callable[[], int] = uptime_us) -> None:
        """Show `offset_us` more than `uptime` does, in microseconds."""
        self.offset_us = offset_us
        self.quality = quality
        self.error_ms: int | None = None
        """How far off it may be; whoever keeps the time says so."""
        self._uptime = uptime

    def now(self) -> Now:
        """This instant."""
        up_us = self._uptime()
        return Now(self.offset_us + up_us, up_us // 1_000, self.quality, self.error_ms)


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


def set_by_us(boot_us: int, now: Now) -> int:
    """By how much the wall clock was set since it dated the boot so; 0 while it runs on, trimmed or not."""
    by_us = now.boot_us - boot_us
    return by_us if abs(by_us) > CLOCK_SET_US else 0


def instant(wall_us: int) -> datetime:
    """Microseconds since 1970 UTC as an aware datetime, without rounding."""
    return datetime.fromtimestamp(wall_us // SECOND_US, UTC).replace(microsecond=wall_us % SECOND_US)


def stamp(wall_us: int) -> str:
    """Microseconds since 1970 UTC as part of a name: to the millisecond, UTC, in order of time when sorted."""
    at = instant(wall_us)
    return f"{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03d}"


def wall_us(at: datetime) -> int:
    """An aware datetime as microseconds since 1970 UTC."""
    whole = int(at.replace(microsecond=0).timestamp())
    return whole * SECOND_US + at.microsecond
