# SPDX-License-Identifier: Apache-2.0
from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.geometry import Box, Polygon
from edge.core.inputs import CameraChanged, Ordered, Seen, Started, Ticked
from edge.core.tracks import Kind, Sighting, SpaceSeen
from edge.roles.parking.config import Settings
from edge.roles.parking.evidence import footings, judged, weighed
from edge.roles.parking.lot import State
from edge.roles.parking.rules import step
from tests.roles.parking.lot import BETWEEN, SPACES, Lot, settings_of, standing_in


def test_a_space_is_occupied_once_looks_have_agreed_for_long_enough() -> None:
    """Three seconds of agreeing looks, dated back to the first of them."""
    lot = Lot()
    lot.plays(10)
    lot.emitted.clear()
    arrived_us = lot.wall_us + 1_000_000
    lot.fills("a")
    lot.plays(3)
    assert lot.states("a") == []
    lot.plays(1)
    (told,) = lot.said("occupancy")
    assert (told["state"], told["before"], told["vehicle"]) == ("occupied", "free", "car")
    assert datetime.fromisoformat(told["since"]).timestamp() == arrived_us / 1e6


def test_a_stay_is_as_long_as_it_was_with_half_the_looks_missing() -> None:
    """Dwell is reckoned by the times of pictures, not by their number."""
    lot = Lot()
    lot.plays(10)
    lot.fills("b")
    for _ in range(30):
        lot.passes(2)
        lot.looks()
    lot.empties()
    lot.plays(7)
    assert lot.said("occupancy")[-1]["stayed_s"] == pytest.approx(59, abs=1)


def test_a_passing_shadow_changes_nothing() -> None:
    """Looks that disagree for less than the time asked for are forgotten, and the state stays the same object."""
    lot = Lot()
    lot.plays(20)
    lot.emitted.clear()
    lot.pixels["c"] = 0.9
    lot.plays(2)
    lot.pixels["c"] = 0.02
    lot.plays(10)
    assert lot.said("occupancy") == []
    assert not lot.looks()


def test_nobody_knows_while_evidence_contradicts_itself() -> None:
    """Pixels that say free under a car that surely stands there: unknown after a while, and the guest is kept."""
    lot = Lot(settings_of(unknown_after_s=8))
    lot.plays(8)
    lot.fills("a")
    lot.plays(8)
    lot.pixels["a"] = 0.3
    lot.plays(12)
    assert lot.states("a") == ["free", "occupied", "unknown"]
    lot.pixels["a"] = 0.98
    lot.plays(6)
    assert lot.states("a")[-1] == "occupied"
    hours = lot.state.accounts[0]
    assert (hours.arrivals, hours.departures) == (1, 0)


def test_a_car_that_drives_past_stands_in_no_space() -> None:
    """What moves, is only remembered, or is no vehicle fills nothing where the pixels are in doubt."""
    lot = Lot()
    lot.plays(8)
    lot.pixels["a"] = 0.4
    for odd in ({"still_since_us": None}, {"seen": False}, {"kind": Kind.PERSON}):
        lot.tracks = [standing_in("a", **odd)]
        lot.plays(10)
    assert lot.states("a") == ["free"]


def test_one_car_over_two_spaces_is_told_as_such() -> None:
    """Both are occupied by the same vehicle, each names the other, and a person is told once."""
    lot = Lot()
    lot.plays(8)
    lot.pixels |= {"a": 0.9, "b": 0.9}
    lot.tracks = [standing_in("a", box=BETWEEN)]
    lot.plays(10)
    over = {one["space"]: one["straddles"] for one in lot.said("occupancy") if one["state"] == "occupied"}
    assert over == {"a": ["b"], "b": ["a"]}
    (told,) = lot.said("straddling")
    assert (told["spaces"], told["vehicle"]) == (["a", "b"], "car")
    lot.tracks = []
    lot.plays(3)
    assert lot.pairs() == 1, "a detector that misses a car says nothing"
    lot.tracks = [standing_in("a")]
    lot.plays(10)
    assert lot.pairs() == 0
    lot.tracks = [standing_in("a", box=BETWEEN)]
    lot.plays(2)
    assert lot.pairs() == 1
    lot.empties()
    lot.plays(9)
    assert (lot.pairs(), len(lot.said("straddling"))) == (0, 1)


def test_a_box_that_only_reaches_over_a_neighbour_takes_one_space() -> None:
    """A tall car hides part of the space behind it; that space's own pixels say that nothing stands there."""
    lot = Lot()
    lot.plays(8)
    lot.pixels |= {"a": 0.9, "b": 0.05}
    lot.tracks = [standing_in("a", box=BETWEEN)]
    lot.plays(10)
    assert (lot.states("a"), lot.states("b")) == (["free", "occupied"], ["free"])
    assert lot.said("straddling") == []


def test_pairs_of_another_camera_are_left_alone() -> None:
    """A look says nothing of spaces that it does not show."""
    lot = Lot(settings_of({**SPACES["a"], "name": "d", "camera": "roof"}))
    lot.plays(8)
    lot.pixels |= {"a": 0.9, "b": 0.9}
    lot.tracks = [standing_in("a", box=BETWEEN)]
    lot.plays(6)
    roof = Sighting("roof", lot.wall_us, (), spaces=(SpaceSeen("d", 0.1),))
    lot.happens(Seen(lot.now, roof))
    assert lot.pairs() == 1


def test_a_lost_camera_makes_its_spaces_unknown_and_none_comes_or_goes() -> None:
    """After `away_after_s`; whoever is there when it is back is taken for the one before."""
    lot = Lot()
    lot.plays(8)
    lot.fills("a")
    lot.plays(8)
    lot.looking = False
    lot.happens(CameraChanged(lot.now, "mast", online=False))
    lot.plays(29)
    assert lot.states("a")[-1] == "occupied"
    lot.plays(2)
    assert {space.state for space in lot.state.spaces} == {"unknown"}
    assert lot.driven[-1:] == [None]
    lot.looking = True
    lot.plays(8)
    assert lot.states("a") == ["free", "occupied", "unknown", "occupied"]
    assert lot.state.accounts[0].arrivals == 1
    assert lot.driven[-1:] == [2]


def test_a_camera_that_is_said_to_look_and_tells_nothing_is_not_believed() -> None:
    """Two minutes without a word of its spaces."""
    lot = Lot()
    lot.plays(8)
    lot.looking = False
    lot.plays(125)
    assert lot.states("b") == ["free", "unknown"]


def test_frames_in_which_spaces_were_not_asked_for_say_nothing() -> None:
    """Tracks come five times a second, spaces every other second."""
    lot = Lot()
    lot.plays(8)
    assert not lot.happens(Seen(lot.now, Sighting("mast", lot.wall_us, (standing_in("a"),))))
    partly = Sighting("mast", lot.wall_us, (), spaces=(SpaceSeen("b", 0.02),))
    assert not lot.happens(Seen(lot.now, partly))


def test_before_it_has_started_nothing_is_said() -> None:
    """A role hears of its device's name first; orders are none of its business."""
    lot = Lot()
    nothing = State()
    assert step(lot.settings, nothing, Ticked(lot.now)) == (nothing, ())
    assert not lot.happens(Ordered(lot.now, lot.settings))


def test_the_lot_survives_a_restart_and_forgets_what_the_settings_no_longer_name() -> None:
    """A stay goes on; a space that was taken out of the settings is gone, a new one is unknown."""
    lot = Lot()
    lot.plays(8)
    lot.pixels |= {"a": 0.98, "b": 0.98}
    lot.tracks = [standing_in("a", box=BETWEEN)]
    lot.plays(10)
    since = lot.state.spaces[0].since_us
    lot.passes(20)
    lot.starts()
    lot.plays(3)
    assert lot.state.spaces[0].since_us == since
    assert lot.pairs() == 1
    kept = {name: space for name, space in SPACES.items() if name != "b"}
    table = {"place": lot.settings.place, "zones": [{"name": "north"}], "spaces": list(kept.values())}
    lot.settings = Settings.model_validate(table)
    lot.happens(Started(lot.now, lot.device))
    assert [space.name for space in lot.state.spaces] == ["a", "c"]
    assert lot.pairs() == 0


def test_a_clock_that_is_set_moves_the_lot_along() -> None:
    """A stay is as long as before, frames under way are let pass, and the hour begins anew."""
    lot = Lot()
    lot.plays(8)
    lot.fills("a")
    lot.plays(8)
    since = lot.state.spaces[0].since_us
    lot.wall_us += 86_400_000_000
    lot.happens(Ticked(lot.now))
    assert lot.state.spaces[0].since_us == since + 86_400_000_000
    assert lot.state.spaces[0].guest is not None
    assert lot.state.hour_us % 3_600_000_000 == 0
    assert not lot.looks()
    lot.passes(3)
    lot.pixels["b"] = 0.98
    assert lot.looks()


@pytest.mark.parametrize(
    ("pixels", "score", "says"), [(0.9, None, "occupied"), (0.1, 0.3, "free"), (0.2, 0.9, "unknown")]
)
def test_pixels_and_vehicles_are_weighed(pixels: float, score: float | None, says: str) -> None:
    """Either can outweigh a doubtful other; strong contradiction is no answer."""
    assert judged(weighed(pixels, score)) == says


@given(st.floats(0, 1), st.none() | st.floats(0, 1))
def test_weight_is_a_share_and_a_vehicle_never_speaks_for_free(pixels: float, score: float | None) -> None:
    """Between 0 and 1 for anything that a model can answer."""
    assert 0 <= weighed(pixels, None) <= weighed(pixels, score or 0.0) <= 1
    assert weighed(None, score) <= weighed(0.5, score) + 1e-9


@given(
    st.lists(st.tuples(st.floats(0, 0.6), st.floats(0, 0.4), st.floats(0.01, 0.4), st.floats(0.01, 0.4)), max_size=6)
)
def test_each_space_belongs_to_one_vehicle_at_most(boxes: list[tuple[float, float, float, float]]) -> None:
    """Whatever boxes a detector makes."""
    outlines = {name: Polygon.of(space["polygon"]) for name, space in SPACES.items()}
    found = footings(outlines, [Box(x, y + 0.2, x + w, y + 0.2 + h) for x, y, w, h in boxes])
    named = [name for footing in found for name in footing.spaces]
    assert len(named) == len(set(named))
    assert all(one.vehicle < other.vehicle for one, other in pairwise(found))


def test_shapes_without_area_cover_nothing() -> None:
    """A box of no height, and an outline that is a line."""
    flat = Polygon.of([(0.1, 0.5), (0.2, 0.5), (0.15, 0.5)])
    assert footings({"a": flat}, [Box(0.1, 0.5, 0.2, 0.5)]) == ()
