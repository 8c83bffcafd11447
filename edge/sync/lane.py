# SPDX-License-Identifier: Apache-2.0
"""One lane as the session sees it: what is written, sent and acknowledged, and what was given up in between."""

from dataclasses import dataclass, field

from edge.contract.words import Lane


@dataclass(slots=True)
class LaneState:
    """Sequences of one lane, each the highest of its kind."""

    last: int
    acked: int
    held: bool = False
    """Whether the next row does not fit through this link, or is not wanted at its end."""
    unwanted: bool = False
    """Whether it is the latter."""
    told_from: int | None = None
    """Watermark of a hub that went back in time, once it has been told what is gone."""
    rewound_s: float = field(default=float("-inf"))
    sent: int = field(init=False)
    high: int = field(init=False)
    """Highest ever sent; `sent` goes back to what shall be sent again."""
    gone: list[tuple[int, int]] = field(default_factory=list)
    """Ranges that were shed and told, or sent ahead of their turn, and are not acknowledged yet."""

    def __post_init__(self) -> None:
        """Nothing is under way."""
        self.sent = self.high = self.acked

    def give_up(self, first: int, last: int) -> None:
        """Rows first…last are gone; one range is kept of neighbours, however many pieces it came in."""
        if self.gone and self.gone[-1][1] + 1 == first:
            first = self.gone.pop()[0]
        self.gone.append((first, last))

    @property
    def must_be_told(self) -> bool:
        """Whether the hub can come further only after it has read on lane record what is gone."""
        return bool(self.gone) or self.told_from is not None

    @property
    def reach(self) -> int:
        """How far a hub can have come: all that was sent, and what was shed right behind it."""
        reach = self.high
        for first, last in sorted(self.gone):
            if first <= reach + 1:
                reach = max(reach, last)
        return reach


@dataclass(slots=True)
class Flight:
    """A batch that waits for an acknowledgement."""

    lane: Lane
    first: int
    last: int
    delivered_s: float | None = None
