# SPDX-License-Identifier: Apache-2.0
"""A camera that turns on a tour of presets."""

from edge.core.tracks import Kind
from tests.roles.illegal_parking.street import SPOT, Street, settings_of, shifted_box


def touring(*more: dict[str, object]) -> Street:
    """A camera that stands at preset `gate`, where its zone is."""
    street = Street(settings_of({"preset": "gate"}, *more))
    street.preset = "gate"
    street.plays(1)
    street.comes(7, shifted_box(SPOT, right=-3.0), moving=True, kind=Kind.PERSON)
    street.plays(12)
    return street


def turns(street: Street, preset: str | None) -> None:
    """The camera turns: every track ends, and what it sees there begins anew."""
    street.tracks = {}
    street.preset = preset
    street.passes(2)
    street.comes(50, shifted_box(SPOT, right=-3.0), moving=True, kind=Kind.PERSON)
    street.looks()


def test_counts_only_at_its_preset() -> None:
    """A zone is looked at only from the preset that it was drawn at."""
    street = touring()
    turns(street, "harbour")
    street.plays(12)
    street.comes(1)
    street.plays(100)
    assert street.facts == []


def test_stay_goes_on_when_the_camera_is_back() -> None:
    """A tour interrupts no stay: the same car in the same place goes on, with the dwell of the whole."""
    street = touring()
    street.comes(1)
    street.plays(30)
    turns(street, None)
    street.plays(1)
    turns(street, "harbour")
    street.plays(20)
    assert street.facts == ["opened"]
    turns(street, "gate")
    street.comes(2)
    street.plays(30)
    assert street.facts == ["opened", "case"]
    assert 60 <= street.said("case")[0]["dwell_s"] <= 75


def test_gone_when_the_camera_is_back() -> None:
    """A car that left meanwhile is told departed after a while of looking, with its last instant before the turn."""
    street = touring()
    street.comes(1)
    street.plays(30)
    turns(street, "harbour")
    street.plays(20)
    turns(street, "gate")
    street.plays(12)
    assert street.facts == ["opened", "departed"]
    assert street.said("departed")[0]["dwell_s"] <= 30


def test_tracks_do_not_carry_over_a_turn() -> None:
    """A track from before the turn is nobody's, wherever it hangs in the new view."""
    street = touring()
    turns(street, "harbour")
    street.comes(1)
    street.plays(5)
    street.preset = "gate"
    street.plays(100)
    assert street.facts == []


def test_who_stands_there_after_a_turn_was_not_seen_to_come() -> None:
    """Everything appears when a camera has turned; only who was seen on its way did come."""
    for since_s, facts in ((0.0, []), (3.0, ["opened", "case"])):
        street = touring()
        turns(street, "harbour")
        street.plays(3)
        turns(street, "gate")
        street.plays(4)
        street.comes(1, since_s=since_s)
        street.plays(80)
        assert street.facts == facts


def test_zones_without_a_preset_and_other_cameras() -> None:
    """A zone that names no preset counts wherever the camera stands; another camera's stays are its own."""
    street = Street(settings_of({}, {"name": "west-side", "camera": "west"}))
    street.cameras = ["east", "west"]
    street.camera(online=True, name="west")
    street.comes(1)
    street.plays(20)
    assert street.facts == ["opened", "opened"]
    street.preset = "gate"
    street.plays(1)
    street.renames()
    street.plays(60)
    assert sorted(street.facts) == ["case", "case", "opened", "opened"]
