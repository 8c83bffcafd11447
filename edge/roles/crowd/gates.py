# SPDX-License-Identifier: Apache-2.0
"""Who walks through which gate, and who stands in which area, at one look of one camera."""

from dataclasses import dataclass

from edge.core.crossing import NOWHERE, followed
from edge.core.tracks import Kind, Sighting
from edge.core.trails import Trail, met, there
from edge.roles.crowd.config import Area, Settings
from edge.roles.crowd.state import Person, View

LOOKS = 2
"""A crossing must be seen in so many looks in a row: a box that jumps once is nobody who walks."""


@dataclass(frozen=True, slots=True)
class Walked:
    """Somebody has gone through a gate."""

    site: str
    gate: str
    inwards: bool


def looked(settings: Settings, before: View, sighting: Sighting) -> tuple[View, tuple[Walked, ...]]:
    """The camera's view after a look, and who has gone through its gates."""
    gates = [(site.name, gate) for site in settings.sites for gate in site.gates if gate.camera == sighting.camera]
    found = met([person.trail for person in before.people], sighting)
    by_name = {person.trail.id: person for person in before.people}
    people: list[Person] = []
    walked: list[Walked] = []
    for track, trail in found.seen:
        sides = dict(() if trail is None else by_name[trail.id].sides)
        for site, gate in gates:
            key = (site, gate.name)
            sides[key], crossing = followed(gate.stroke, sides.get(key, NOWHERE), track.box, looks=LOOKS)
            if crossing and track.kind in settings.kinds:
                walked.append(Walked(site, gate.name, crossing.to == gate.inner))
        onward = Trail.of(track, sighting.at_us) if trail is None else trail.onward(track, sighting.at_us)
        people.append(Person(onward, tuple(sides.items())))
    missing = (by_name[trail.id] for trail in found.missing)
    return View(before.camera, max(before.looked_us, sighting.at_us), (*people, *missing)), tuple(walked)


def inside(area: Area, kinds: frozenset[Kind], sighting: Sighting) -> int:
    """How many people stand in an area, those included who are hidden for a moment."""
    return sum(
        track.kind in kinds and there(track, sighting.at_us) and area.outline.holds(track.box.foot)
        for track in sighting.tracks
    )
