# SPDX-License-Identifier: Apache-2.0
"""What a camera saw lately, as one small event now and then: proof of life of the whole path, and a first statistic."""

from collections import Counter
from dataclasses import dataclass, field

from edge.contract.cameras import CameraActivity
from edge.core.clock import instant
from edge.core.tracks import Sighting

EVERY_US = 10_000_000


@dataclass(slots=True)
class Activity:
    """Counts of one camera between two events; tracks are counted once in their life."""

    camera: str
    since_us: int = 0
    last_us: int = 0
    frames: int = 0
    newest_id: int = 0
    kinds: Counter[str] = field(default_factory=Counter)

    def saw(self, sighting: Sighting) -> CameraActivity | None:
        """Count a sighting; gives the event when it is time for one and something new was seen."""
        self.since_us = self.since_us or sighting.at_us
        self.last_us = sighting.at_us
        self.frames += 1
        for track in sighting.tracks:
            if track.id > self.newest_id:
                self.kinds[track.kind.value] += 1
        self.newest_id = max([self.newest_id, *(track.id for track in sighting.tracks)])
        return self.tell() if self.last_us - self.since_us >= EVERY_US else None

    def tell(self) -> CameraActivity | None:
        """What there is to tell so far, None if nothing new was seen; starts the next interval."""
        told = None
        if self.kinds:
            told = CameraActivity(
                camera=self.camera,
                from_=instant(self.since_us),
                to=instant(self.last_us),
                frames=self.frames,
                arrived=dict(self.kinds),
            )
        self.since_us, self.frames = self.last_us, 0
        self.kinds.clear()
        return told

    def begin_anew(self) -> None:
        """The worker was replaced: its tracks are numbered from 1 again."""
        self.newest_id = 0
