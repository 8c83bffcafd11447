# SPDX-License-Identifier: Apache-2.0
"""Who we are on the broker, and how the link stands."""

from collections.abc import Callable
from dataclasses import dataclass, field

from edge.contract.problems import Problem
from edge.contract.topics import Topics
from edge.contract.words import Lane
from edge.core.clock import Now
from edge.sync.settings import Limits


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
