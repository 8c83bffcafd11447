# SPDX-License-Identifier: Apache-2.0
"""Hours, kinds, outlines, and zones that come and go."""

from edge.core.geometry import Box
from edge.core.tracks import Kind
from tests.roles.illegal_parking.street import ELSEWHERE, SPOT, Street, settings_of, shifted_box


def test_two_cars_at_the_beginning_of_the_hours() -> None:
    """Cars that stand when the zone comes into force count from then on, each by its own name."""
    street = Street(settings_of({"hours": [{"days": ["tue"], "from": "12:10", "to": "12:20"}]}))
    street.comes(1)
    street.comes(2, shifted_box(SPOT, right=1.2))
    street.plays(599)
    assert street.facts == []
    street.plays(80)
    assert sorted(street.facts) == ["case", "case", "opened", "opened"]
    assert len({case["case"] for case in street.said("case")}) == 2
    assert all(case["dwell_s"] <= 62 for case in street.said("case"))


def test_end_of_the_hours() -> None:
    """A stay that has not become a case ends with the zone's hours, and one that has is watched until it leaves."""
    hours = [{"from": "12:00", "to": "12:02"}]
    street = Street(settings_of({"hours": hours}))
    street.comes(1)
    street.plays(80)
    street.comes(2, shifted_box(SPOT, right=1.2))
    street.plays(100)
    assert street.facts == ["opened", "case", "opened", "departed"]
    street.leaves(1)
    street.plays(10)
    assert street.said("departed")[-1]["completed"] is True


def test_exempt_and_foreign_kinds() -> None:
    """Kinds that are exempt in the zone, or do not count at all, may stay."""
    street = Street(settings_of({"exempt": ["bus"]}))
    street.comes(1, kind=Kind.BUS)
    street.comes(2, shifted_box(SPOT, right=1.2), kind=Kind.PERSON)
    street.plays(200)
    assert street.facts == []


def test_wheel_over_the_line() -> None:
    """A vehicle beside the zone does not count, nor one of whose ground only a little lies inside."""
    for box in (ELSEWHERE, shifted_box(SPOT, right=-1.2), Box(0.25, 0.08, 0.45, 0.32)):
        street = Street()
        street.comes(1, box)
        street.plays(100)
        assert street.facts == []


def test_two_zones_and_two_cameras() -> None:
    """Each camera and zone has its own stays; a car in two zones of a camera counts in the first."""
    both = settings_of({}, {"name": "gate-too"}, {"name": "west-side", "camera": "west"})
    street = Street(both)
    street.cameras = ["east", "west"]
    street.comes(1)
    street.plays(70)
    assert sorted(case["zone"] for case in street.said("case")) == ["gate", "west-side"]
    street.vanishes(1)
    street.plays(5)
    street.camera(online=False)
    street.plays(20)
    assert [departed["zone"] for departed in street.said("departed")] == ["west-side"]
    street.camera(online=True)
    street.plays(10)
    assert [departed["zone"] for departed in street.said("departed")] == ["west-side", "gate"]


def test_zone_taken_out_of_the_settings() -> None:
    """What was opened in a zone that is no more is told departed; what was not, is forgotten."""
    street = Street(settings_of({}, {"name": "other", "polygon": [(0, 0), (0.25, 0), (0.25, 0.25), (0, 0.25)]}))
    street.comes(1)
    street.plays(30)
    street.comes(2, ELSEWHERE)
    street.plays(3)
    street.settings = settings_of({"name": "new"})
    street.restarts(5)
    assert (street.facts, street.state.stays) == (["opened", "departed"], ())
