# SPDX-License-Identifier: Apache-2.0
"""Spans of the wall clock that a role sums up, and how long each camera was really looking in them.

What must always be true here: spans begin at whole multiples of their length since 1970; what a camera is said to have
seen is never more than the time in which something was heard of it, so that silence is not taken for an empty street.
"""

from dataclasses import dataclass, replace

from edge.core.clock import DEAF_MS, SECOND_US, Now, set_by_us

GAP_US = 30 * SECOND_US
"""Of a longer gap between two words only so much counts: the agent was held up, and nobody knows what was seen."""
REMEMBER_US = 20 * SECOND_US
"""While nothing else changes, time is written down this seldom: a checkpoint costs a write to flash."""
LATE_US = 1 * SECOND_US
"""A frame reaches its role so late at most; a tick ends a span no sooner."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One camera: whether it looks, up to when that is reckoned, and how much of the span it has seen."""

    camera: str
    online: bool
    until_us: int
    seen_us: int = 0

    def reached(self, at_us: int, from_us: int, end_us: int) -> "Watched":
        """Reckoned up to `at_us`; only what lies in the span counts."""
        known_us = min(at_us, self.until_us + GAP_US, end_us) - max(self.until_us, from_us)
        seen_us = self.seen_us + (max(0, known_us) if self.online else 0)
        return replace(self, until_us=max(self.until_us, at_us), seen_us=seen_us)


@dataclass(frozen=True, slots=True)
class Window:
    """One span: `from_us` is its beginning, 0 before there is one."""

    from_us: int = 0
    watched: tuple[Watched, ...] = ()

    def seen_us(self, camera: str) -> int:
        """How long a camera has looked."""
        return sum(one.seen_us for one in self.watched if one.camera == camera)

    def looks(self, camera: str) -> bool:
        """Whether a camera is there, as far as is known."""
        return any(one.online for one in self.watched if one.camera == camera)

    def reached(self, at_us: int, length_us: int, *, every_us: int = REMEMBER_US) -> tuple["Window", "Window | None"]:
        """The window at an instant, and the one that ended before it, if it did. Late instants change nothing.

        Within a window time is reckoned `every_us`; the same object comes back meanwhile.
        """
        start_us = at_us - at_us % length_us
        if not self.from_us or start_us <= self.from_us:
            from_us = self.from_us or start_us
            stale = not self.from_us or any(at_us - one.until_us >= every_us for one in self.watched)
            return (_reckoned(self, from_us, at_us, from_us + length_us) if stale else self), None
        ended = _reckoned(self, self.from_us, at_us, self.from_us + length_us)
        begun = replace(self, watched=tuple(replace(one, seen_us=0) for one in self.watched))
        return _reckoned(begun, start_us, at_us, start_us + length_us), ended

    def turned(self, camera: str, at_us: int, length_us: int, *, online: bool) -> "Window":
        """A camera is lost or back; the same object if that was known."""
        if self.looks(camera) == online:
            return self
        before = _reckoned(self, self.from_us, at_us, self.from_us + length_us)
        known = next((one for one in before.watched if one.camera == camera), Watched(camera, online, at_us))
        now = replace(known, online=online, until_us=at_us)
        return replace(before, watched=(*(one for one in before.watched if one.camera != camera), now))

    def blind(self) -> "Window":
        """The same with no camera looking: of the time until it is heard of again nothing is known."""
        return replace(self, watched=tuple(replace(one, online=False) for one in self.watched))


def _reckoned(window: Window, from_us: int, at_us: int, end_us: int) -> Window:
    """A window from that beginning to that end, with each camera reckoned up to an instant."""
    return Window(from_us, tuple(one.reached(at_us, from_us, end_us) for one in window.watched))


@dataclass(frozen=True, slots=True)
class Timeline:
    """A role's time: the device it runs on, its boot by the wall clock, and the span that is being summed up."""

    device: str = ""
    boot_us: int = 0
    deaf_until_ms: int = 0
    window: Window = Window()

    def started(self, now: Now, device: str) -> "Timeline":
        """The agent has come up: cameras are heard of anew."""
        return Timeline(device, now.boot_us, 0, self.window.blind())

    def deaf(self, now: Now) -> bool:
        """Whether sightings may still be dated by a clock that has been set since, or nobody has started yet."""
        return not self.device or now.uptime_ms < self.deaf_until_ms

    def checked(self, now: Now) -> tuple["Timeline", Window | None]:
        """The same if the clock runs on; else a new one, and the window as it was when the clock was set."""
        if not self.device or not set_by_us(self.boot_us, now):
            return self, None
        anew = tuple(Watched(one.camera, one.online, now.wall_us) for one in self.window.watched)
        new = replace(self, boot_us=now.boot_us, deaf_until_ms=now.uptime_ms + DEAF_MS, window=Window(0, anew))
        return new, (self.window if self.window.from_us else None)
