# SPDX-License-Identifier: Apache-2.0
"""What a device believes of the time, and what makes it believe otherwise. Pure: clocks are read elsewhere.

Right time is *uptime plus an offset*. The offset of one kernel boot is one number, since a time service that slews the
system clock slews uptime with it; only a step parts them. So a step is never missed, and never followed unless somebody
who knows the time stands behind it.

What must always be true here: time that was vouched for is moved only by who vouches; a clock that nobody vouches for
is never `synced`; without any source the clock shows the earliest that it can be, so that it never runs ahead.
"""

from dataclasses import dataclass, replace
from typing import Final

from edge.contract.clock import TimeSource
from edge.contract.words import ClockQuality
from edge.core.clock import EARLIEST_US

MAX_SKEW_MS: Final = 1_000
"""GA/T 832-2014: evidence needs a clock within one second."""
SLOW_US: Final = 600_000_000
"""A clock ten minutes behind what it should be runs slow; one further back was set back, or never set."""
AWAY_US: Final = 2 * 366 * 86_400_000_000
"""No device is out of everybody's reach for two years: a clock further ahead of the last right time is wrong."""
_UNHEARD_US: Final = 20 * 366 * 86_400_000_000
"""The same for a device that was never told the time."""
STEP_US: Final = 1_000_000
"""A system clock that moves against uptime by more was set; by less it was trimmed."""
ZONES_US: Final = 26 * 3_600_000_000
"""A wrong time zone is off by so much at most: a person who sets a clock right, and no accident."""
_DRIFT_PER_MILLION: Final = 100
"""A cheap crystal left to itself, in microseconds a second."""
VAGUE_MS: Final = 10_000
"""A word about the time that is less certain than this is not listened to."""


@dataclass(frozen=True, slots=True)
class Belief:
    """`offset_us` is what right time is thought to be ahead of uptime, `floor_us` what it is at least.

    `error_ms` is how far off the offset may have been when it was learnt, at `learnt_ms` of uptime. `system_us` is what
    the system clock was ahead of uptime at the last look. `ever_told`: somebody who knows told this device the time, in
    this boot or an earlier one. `shaken`: the system clock, all there is to go by, was stepped further than people step
    it.
    """

    offset_us: int
    source: TimeSource
    error_ms: int
    learnt_ms: int
    system_us: int
    floor_us: int
    ever_told: bool = False
    shaken: bool = False

    @property
    def vouched(self) -> bool:
        """Whether somebody who knows the time stands behind the offset."""
        return self.source in {TimeSource.TIME_SERVICE, TimeSource.HUB}

    def doubt_ms(self, uptime_ms: int) -> int:
        """How far off it may be by now."""
        return self.error_ms + max(0, uptime_ms - self.learnt_ms) * _DRIFT_PER_MILLION // 1_000_000

    def quality(self, uptime_ms: int) -> ClockQuality:
        """How far its time may be trusted now."""
        if self.source is TimeSource.NONE or self.shaken:
            return ClockQuality.UNSET
        if self.vouched and self.doubt_ms(uptime_ms) <= MAX_SKEW_MS:
            return ClockQuality.SYNCED
        return ClockQuality.HELD

    def floor_at_us(self, uptime_us: int) -> int:
        """The earliest that it can be: what is remembered over a loss of power."""
        return (self.offset_us if self.vouched else self.floor_us) + uptime_us


@dataclass(frozen=True, slots=True)
class Look:
    """Both clocks of the machine at one moment; `error_ms` if its time service holds the system clock, else None."""

    system_us: int
    uptime_us: int
    error_ms: int | None = None

    @property
    def ahead_us(self) -> int:
        """What the system clock is ahead of uptime."""
        return self.system_us - self.uptime_us

    @property
    def uptime_ms(self) -> int:
        """Uptime as rows have it."""
        return self.uptime_us // 1_000


@dataclass(frozen=True, slots=True)
class Word:
    """The hub's time as it said it between two moments of our uptime: when we asked, and when we heard."""

    hub_us: int
    asked_us: int
    heard_us: int

    @property
    def offset_us(self) -> int:
        """What the hub's time is ahead of our uptime, if the way there is as long as the way back."""
        return self.hub_us - (self.asked_us + self.heard_us) // 2

    @property
    def error_ms(self) -> int:
        """How wrong that may be."""
        return (self.heard_us - self.asked_us) // 2_000 + 1


def at_boot(look: Look, floor_us: int, *, ever_told: bool) -> Belief:
    """What to believe after a power-up. `floor_us` is the earliest that it can be, as was remembered."""
    ahead_us = max(floor_us, EARLIEST_US) - look.uptime_us
    new = Belief(
        offset_us=ahead_us,
        source=TimeSource.NONE,
        error_ms=0,
        learnt_ms=look.uptime_ms,
        system_us=look.ahead_us,
        floor_us=ahead_us,
        ever_told=ever_told,
    )
    if _serviced(look):
        return _by_service(new, look)
    return _by_system(new, look) if _plausible(new, look) else new


def looked(belief: Belief, look: Look) -> Belief:
    """After a look at the clocks, a second or a restart later."""
    if _serviced(look):
        return _by_service(belief, look)
    step_us = abs(look.ahead_us - belief.system_us)
    seen = replace(belief, system_us=look.ahead_us)
    if belief.vouched:
        return seen
    if belief.source is TimeSource.NONE:
        return _by_system(seen, look) if step_us > STEP_US and _plausible(belief, look) else seen
    trimmed_or_back = abs(look.ahead_us - belief.offset_us) <= STEP_US
    set_by_hand = not belief.shaken and step_us <= ZONES_US and _plausible(belief, look)
    return _by_system(seen, look) if trimmed_or_back or set_by_hand else replace(seen, shaken=True)


def told(belief: Belief, word: Word) -> Belief:
    """After the hub has said what time it is. A time service comes first for as long as it can be trusted."""
    doubt_ms = belief.doubt_ms(word.heard_us // 1_000)
    if word.hub_us < EARLIEST_US or word.error_ms > VAGUE_MS:
        return belief
    if belief.source is TimeSource.TIME_SERVICE and doubt_ms <= MAX_SKEW_MS:
        return belief
    off_us = word.offset_us - belief.offset_us
    # What agrees with the hub is kept as it is: time that twitches by milliseconds helps nobody.
    agrees = abs(off_us) <= word.error_ms * 1_000
    error_ms = word.error_ms + (abs(off_us) // 1_000 if agrees else 0)
    if belief.vouched and error_ms > doubt_ms:
        return belief
    return replace(
        belief,
        offset_us=belief.offset_us if agrees else word.offset_us,
        source=TimeSource.HUB,
        error_ms=error_ms,
        learnt_ms=word.heard_us // 1_000,
        ever_told=True,
        shaken=False,
    )


def _plausible(belief: Belief, look: Look) -> bool:
    """Whether the system clock, for which nobody vouches, can be right."""
    off_us = look.ahead_us - belief.floor_us
    return look.system_us >= EARLIEST_US and -SLOW_US <= off_us <= (AWAY_US if belief.ever_told else _UNHEARD_US)


def _serviced(look: Look) -> bool:
    return look.error_ms is not None and look.system_us >= EARLIEST_US


def _by_service(belief: Belief, look: Look) -> Belief:
    return replace(
        belief,
        offset_us=look.ahead_us,
        source=TimeSource.TIME_SERVICE,
        error_ms=look.error_ms or 0,
        learnt_ms=look.uptime_ms,
        system_us=look.ahead_us,
        ever_told=True,
        shaken=False,
    )


def _by_system(belief: Belief, look: Look) -> Belief:
    return replace(
        belief,
        offset_us=look.ahead_us,
        source=TimeSource.SYSTEM,
        learnt_ms=look.uptime_ms,
        system_us=look.ahead_us,
        shaken=False,
    )
