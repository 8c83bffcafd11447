# SPDX-License-Identifier: Apache-2.0
"""The world before a device that counts: people or vehicles on their ways, five looks a second."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

from pydantic import BaseModel

from edge.core.inputs import Seen
from edge.core.tracks import Sighting, Track
from tests.roles.world import World

C = TypeVar("C", bound=BaseModel)
S = TypeVar("S")
M = TypeVar("M")
"""Whoever moves there."""

START_US = 1_796_000_400_000_000
"""A whole five minutes, 09:00 at +08:00."""
LOOK_S = 0.2


def stands(place: float, from_s: float = 0.0, to_s: float = 1e9) -> Callable[[float], float | None]:
    """In one place for a while."""
    return lambda now_s: place if from_s <= now_s < to_s else None


class Counted(World[C, S], Generic[C, S, M]):
    """Who is in view is forgotten with each restart, and what was counted is not."""

    @abstractmethod
    def track(self, mover: M) -> Track | None:
        """How a mover is seen now; None if it is not in view."""

    @abstractmethod
    def lasting(self) -> S:
        """The state without those who are in view."""

    def written(self) -> S:
        """The state as it is: it is written to disk without those who are in view."""
        assert self.from_disk() == self.lasting()
        return self.state

    def restarts(self, down_s: float = 20.0) -> None:
        """The agent is killed and comes up from what is on the disk."""
        self.state = self.from_disk()
        self.passes(down_s)
        self.starts()

    def waits(self, seconds: int) -> int:
        """Time goes by in silence; how often the role made anything of that."""
        made = 0
        for _ in range(seconds):
            self.passes(1)
            made += self.ticks()
        return made

    def plays(self, seconds: float, *movers: M) -> None:
        """Time goes by with five looks a second and a tick each second."""
        for number in range(round(seconds / LOOK_S)):
            self.passes(LOOK_S)
            if number % 5 == 4:
                self.ticks()
            self.looks(*movers)

    def looks(self, *movers: M) -> None:
        """One look at whoever is in view."""
        tracks = tuple(track for track in map(self.track, movers) if track is not None)
        self.happens(Seen(self.now, Sighting(self.cameras[0], self.wall_us, tracks)))
