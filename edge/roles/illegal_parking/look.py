# SPDX-License-Identifier: Apache-2.0
"""One look of one camera, with all that is needed to judge it."""

from dataclasses import dataclass

from edge.contract.words import ClockQuality
from edge.core.clock import SECOND_US, Now
from edge.core.schedule import in_force
from edge.core.tracks import Sighting, Track
from edge.roles.illegal_parking.config import Settings, Zone
from edge.roles.illegal_parking.stays import Turn

SELDOM_US = 60 * SECOND_US
"""A camera that needs longer for two looks looks seldom; a gate that is closed alone makes none of it."""
TURNED_US = 10 * SECOND_US
"""After a camera has turned everything appears: who stands there from the start was not seen to come."""
APPROACH_US = 2 * SECOND_US
"""Who was followed for longer than this before standing was seen to drive up."""


@dataclass(frozen=True, slots=True)
class Look:
    """A sighting, the zones in view by name, and the instant it is judged at, which dates events and no more.

    `tracks` are those that live in this view. `turn`: where the camera stands and since when, if it turns.
    `reads`: whether plates are read in its pictures at all.
    """

    settings: Settings
    device: str
    now: Now
    sighting: Sighting
    zones: dict[str, Zone]
    tracks: tuple[Track, ...]
    turn: Turn | None
    reads: bool

    @classmethod
    def of(
        cls,
        settings: Settings,
        device: str,
        now: Now,
        sighting: Sighting,
        turn: Turn | None = None,
        *,
        reads: bool = False,
    ) -> "Look":
        """A sighting with the zones of its camera that are in view. What was followed before a turn is nobody."""
        zones = {zone.name: zone for zone in settings.zones if in_view(zone, sighting.camera, turn)}
        tracks = tuple(track for track in sighting.tracks if turn is None or track.first_us >= turn.since_us)
        return cls(settings, device, now, sighting, zones, tracks, turn, reads)

    @property
    def at_us(self) -> int:
        """When it was captured: all dwell is reckoned by this."""
        return self.sighting.at_us

    @property
    def gap_us(self) -> int:
        """How far looks are apart, as this one and the one before it tell."""
        before_us = self.sighting.before_us
        return 0 if before_us is None else max(0, self.at_us - before_us)

    @property
    def few_looks_us(self) -> int:
        """The time in which two looks are taken for certain, where a camera looks only every few minutes."""
        return 5 * self.gap_us // 2

    @property
    def seldom_us(self) -> int:
        """The same, and nothing where looks are so near that nobody need wait for them."""
        return self.few_looks_us if self.few_looks_us > SELDOM_US else 0

    @property
    def vouched(self) -> bool:
        """Whether the clock is good enough for evidence: GA/T 832-2014 asks for one within a second."""
        least = {ClockQuality.SYNCED} | ({ClockQuality.HELD} if self.settings.clock == "held" else set())
        return self.now.quality in least

    def in_force(self, zone: Zone) -> bool:
        """Whether the zone's hours hold at the time of capture."""
        return in_force(zone.hours, self.settings.utc_offset, self.at_us)

    def counts(self, track: Track) -> bool:
        """Whether a track is seen and of a kind of which stays are kept, exempt or not."""
        return track.seen and track.kind in self.settings.kinds

    def came(self, track: Track) -> bool:
        """Whether it was seen to come. Right after a turn, only who was seen on its way did."""
        if self.turn is None or track.first_us - self.turn.since_us >= TURNED_US or not track.arrived:
            return track.arrived
        return track.still_since_us is None or track.still_since_us - track.first_us >= APPROACH_US


def in_view(zone: Zone, camera: str, turn: Turn | None) -> bool:
    """Whether a camera that stands so looks at the zone."""
    return zone.camera == camera and (zone.preset is None or (turn is not None and turn.preset == zone.preset))
