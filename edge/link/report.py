# SPDX-License-Identifier: Apache-2.0
"""Who we are on the broker, and how the link stands."""

from collections.abc import Callable
from dataclasses import dataclass, field

from edge.contract.problems import Problem
from edge.contract.topics import Topics
from edge.contract.words import Lane
from edge.core.clock import Now
from edge.sync.settings import Limits

TOLD_S = 600.0
"""How long a loss is spoken of after the last row was given up."""


@dataclass(slots=True)
class Losses:
    """Rows that were given up for want of room, and when the last of them was."""

    rows: int = 0
    at_s: float = float("-inf")

    def note(self, rows: int, now_s: float) -> None:
        """So many were given up in all."""
        if rows > self.rows:
            self.rows, self.at_s = rows, now_s

    def lately(self, now_s: float) -> bool:
        """Whether it goes on."""
        return now_s - self.at_s < TOLD_S


@dataclass(slots=True)
class LinkReport:
    """How the link stands, for status and health."""

    connected: bool = False
    broker: str = ""
    since: Now | None = None
    hub_heard: Now | None = None
    skew_ms: int | None = None
    problem: Problem | None = None
    granted: Limits = field(default_factory=Limits)
    """What the broker allowed when it last let us in."""
    losses: Losses = field(default_factory=Losses)
    spent: frozenset[Lane] = frozenset()
    """Lanes that wait for tomorrow: what they may cost today is spent."""

    def over(self, *codes: str) -> None:
        """Such a problem is over."""
        if self.problem is not None and self.problem.code in codes:
            self.problem = None


@dataclass(frozen=True, slots=True)
class Addressing:
    """Who we are on the broker."""

    device: str
    topics: Topics
    groups: tuple[str, ...] = ()
    online: Callable[[], bytes] = lambda: b"{}"
    """Presence while we are there."""
    offline: Callable[[], bytes] = lambda: b"{}"
    """Presence once we are gone; also the will."""
    reported: Callable[[], bytes] = lambda: b"{}"
    """The state the hub shall know, retained."""

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """All that is said to us."""
        groups = (self.topics.group_command(group) for group in ("all", *self.groups))
        return (self.topics.everything_down(self.device), *groups)
