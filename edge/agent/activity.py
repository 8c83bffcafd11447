# SPDX-License-Identifier: Apache-2.0
"""What a camera saw lately, as one small event now and then: proof of life of the whole path, and a first statistic."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.core.clock import instant
from edge.core.tracks import Sighting

EVERY_US = 10_000_000


@dataclass(slots=True)
class Activity:
    """Counts of one camera between two events; tracks are counted once in their life."""

    camera: str
    since_us: int = 0
    frames: int = 0
    newest_id: int = 0
    kinds: Counter[str] = field(default_factory=Counter)

    def saw(self, sighting: Sighting) -> Mapping[str, Any] | None:
        """Count a sighting; gives the event's data when it is time for one and something new was seen."""
        self.since_us = self.since_us or sighting.at_us
        self.frames += 1
        if sighting.tracks and max(track.id for track in sighting.tracks) < self.newest_id:
            self.newest_id = 0
        for track in sighting.tracks:
            if track.id > self.newest_id:
                self.kinds[track.kind.value] += 1
        self.newest_id = max([self.newest_id, *(track.id for track in sighting.tracks)])
        return self.tell(sighting.at_us) if sighting.at_us - self.since_us >= EVERY_US else None

    def tell(self, at_us: int) -> Mapping[str, Any] | None:
        """What there is to tell up to `at_us`, None if nothing new was seen; starts the next interval."""
        told = None
        if self.kinds:
            told = {
                "camera": self.camera,
                "from": instant(self.since_us).isoformat(),
                "to": instant(at_us).isoformat(),
                "frames": self.frames,
                "arrived": dict(self.kinds),
            }
        self.since_us, self.frames = at_us, 0
        self.kinds.clear()
        return told
