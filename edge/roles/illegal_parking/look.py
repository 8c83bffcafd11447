# SPDX-License-Identifier: Apache-2.0
"""One look of one camera, with all that is needed to judge it."""

from dataclasses import dataclass

from edge.core.clock import Now
from edge.core.schedule import in_force
from edge.core.tracks import Sighting, Track
from edge.roles.illegal_parking.config import Settings, Zone


@dataclass(frozen=True, slots=True)
class Look:
    """A sighting, the zones of its camera by name, and the instant it is judged at, which dates events and no more."""

    settings: Settings
    device: str
    now: Now
    sighting: Sighting
    zones: dict[str, Zone]

    @classmethod
    def of(cls, settings: Settings, device: str, now: Now, sighting: Sighting) -> "Look":
        """A sighting with the zones of its camera."""
        zones = {zone.name: zone for zone in settings.zones if zone.camera == sighting.camera}
        return cls(settings, device, now, sighting, zones)

    @property
    def at_us(self) -> int:
        """When it was captured: all dwell is reckoned by this."""
        return self.sighting.at_us

    def in_force(self, zone: Zone) -> bool:
        """Whether the zone's hours hold at the time of capture."""
        return in_force(zone.hours, self.settings.utc_offset, self.at_us)

    def counts(self, zone: Zone, track: Track) -> bool:
        """Whether a track is seen and of a kind that may not stay in the zone."""
        return track.seen and track.kind in self.settings.counted(zone)
