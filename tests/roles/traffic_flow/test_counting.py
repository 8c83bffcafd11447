# SPDX-License-Identifier: Apache-2.0
"""Vehicles are counted once, by lane, kind and direction, and measured on the ground."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.inputs import Ordered, Seen, Ticked
from edge.core.tracks import Kind, Sighting
from edge.roles.traffic_flow.state import State
from tests.roles.counted import stands
from tests.roles.traffic_flow.road import HOME_Y, Car, Street, drives, settings_of


def test_each_vehicle_counts_once_where_and_as_what_it_passes() -> None:
    """Kinds, lanes and directions are told apart; people are not traffic."""
    street = Street()
    street.plays(
        20,
        Car(1, drives(36)),
        Car(2, drives(54, from_s=5), kind=Kind.BUS),
        Car(3, drives(-72), y=HOME_Y),
        Car(4, drives(18, from_s=1), y=HOME_Y, kind=Kind.TWO_WHEELER),
        Car(5, drives(25), kind=Kind.PERSON),
    )
    out, home = street.lane("out"), street.lane("home")
    assert (out["forward"], out["against"]) == ({"car": 1, "bus": 1}, {})
    assert (home["forward"], home["against"]) == ({"car": 1}, {"two-wheeler": 1})
    assert out["mean_kmh"] == pytest.approx(45, abs=0.2)
    assert [one["vehicles"] for one in out["speeds"]] == [0, 1, 1, 0]
    assert home["mean_kmh"] == pytest.approx((72 + 18) / 2, abs=0.2)


def test_speed_is_right_with_half_the_looks_and_one_odd_box() -> None:
    """Speed goes by capture times, and a box that is off does not spoil it."""
    street = Street()
    even = drives(50)
    for number in range(40):
        street.passes(0.2 + 0.2 * (number % 2))
        odd_m = 4.0 if number == 7 else 0.0
        place_m = even(street.second)
        street.looks(*(() if place_m is None else [Car(1, stands(place_m + odd_m))]))
    assert street.lane()["mean_kmh"] == pytest.approx(50, abs=1)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=5, max_size=20), st.booleans())
def test_jitter_on_the_line_never_counts_twice(sway: list[float], through: bool) -> None:
    """However a box sways about the line, a vehicle that comes from one side counts once at most."""
    street = Street()
    places = [44.0, *(50 + each for each in sway), 56.0 if through else 44.0]
    for place in places:
        street.passes(0.2)
        street.looks(Car(1, stands(place)))
    lane = street.lane()
    counted = lane["forward"].get("car", 0) + lane["against"].get("car", 0)
    assert counted <= 1
    assert counted == 1 or not through


@pytest.mark.parametrize("gap", [(40.0, 60.0), (52.0, 60.0), (42.0, 48.0)])
def test_who_is_lost_and_found_under_another_name_counts_once(gap: tuple[float, float]) -> None:
    """Before, after or over the line: the new track goes on where the old one would be."""
    street = Street()
    even = drives(36)

    def seen(now_s: float, *, early: bool) -> float | None:
        at_m = even(now_s)
        return at_m if at_m is not None and (at_m < gap[0] if early else at_m > gap[1]) else None

    street.plays(12, Car(1, lambda now_s: seen(now_s, early=True)), Car(2, lambda now_s: seen(now_s, early=False)))
    assert street.lane()["forward"] == {"car": 1}


def test_who_comes_next_is_not_taken_for_who_left() -> None:
    """A bus in the place of a bicycle, or somebody after four seconds, is somebody else."""
    street = Street()
    street.plays(1, Car(1, stands(40)))
    street.plays(1, Car(2, stands(40), kind=Kind.TWO_WHEELER))
    street.plays(1, Car(1, stands(40)))
    large = Car(3, stands(40))
    street.looks(replace(large, y=0.9))
    assert {vehicle.trail.id for vehicle in street.state.roads[0].vehicles} >= {1, 2, 3}
    street.plays(5)
    street.plays(1, Car(4, drives(90, from_s=street.second, x_m=40)))
    assert len(street.state.roads[0].vehicles) == 1


def test_a_vehicle_told_twice_counts_once() -> None:
    """Two boxes of one vehicle that cross the line together are one."""
    street = Street()
    street.plays(12, Car(1, drives(36)), Car(2, drives(36, x_m=3.4), kind=Kind.TRUCK))
    assert sum(street.lane()["forward"].values()) == 1


def test_a_vehicle_that_is_seen_twice_only_is_counted_without_a_speed() -> None:
    """A count needs two looks, a speed a third of a second."""
    street = Street()
    street.looks(Car(1, stands(45)))
    street.passes(0.2)
    street.looks(Car(1, stands(55)))
    lane = street.lane()
    assert (lane["forward"], lane["mean_kmh"]) == ({"car": 1}, None)


def test_a_change_of_lane_does_not_bend_the_speed() -> None:
    """Who leaves the lane in which he was counted is measured by his way in it."""
    street = Street()
    for number in range(30):
        street.passes(0.2)
        street.looks(Car(1, stands(20 + 2 * number), y=0.75 if number < 20 else HOME_Y))
    lane = street.lane()
    assert lane["forward"] == {"car": 1}
    assert lane["mean_kmh"] == pytest.approx(36, abs=1)


def test_the_role_hears_only_what_concerns_it() -> None:
    """Before the start, from another camera, and orders: nothing comes of them."""
    street = Street(settings_of({}, {"name": "other", "camera": "west"}))
    assert not street.happens(Seen(street.now, Sighting("north", street.wall_us, ())))
    assert not street.happens(Ordered(street.now, street.settings))
    early = Street()
    early.state = State()
    assert not early.happens(Ticked(early.now))


def test_an_empty_road_costs_no_writes() -> None:
    """While nobody comes, the state is the same object from tick to tick but for three a minute."""
    street = Street()
    street.waits(30)
    assert street.waits(60) <= 3
