# SPDX-License-Identifier: Apache-2.0
"""What lies on a road is told; what is light, weather or a car is not."""

from pathlib import Path

import numpy as np
import pytest

from edge.core.geometry import Box
from edge.core.tracks import Sighting
from edge.vision.source import Frame
from tests.vision.scene import START_US, grey
from tests.vision.surfaces.road import CAR, COLUMNS, OIL, PLACE, ROWS, SAND, Floats, Road, spot

SKY = (190, 172, 158)
SHADE = np.array((0.58, 0.53, 0.49), np.float32)


@pytest.fixture
def road(tmp_path: Path) -> Road:
    """A road that has been looked at for half a minute."""
    known = Road(tmp_path)
    known.passes(30)
    return known


def test_sand_is_told_with_its_place_and_the_picture_from_before(road: Road) -> None:
    """Within half a minute, since when it lies there, and gone soon after it was swept away."""
    road.lying = [(spot(PLACE), SAND)]
    road.passes(30)
    (change,) = road.told
    assert change.box.iou(PLACE) > 0.5
    assert abs(change.since_us - START_US - 31_000_000) <= 3_000_000
    assert change.before is not None
    assert change.before.taken_us < change.since_us
    assert road.scene is not None
    road.lying = []
    road.passes(25)
    assert road.told == ()


def test_traffic_and_a_parked_car_over_it_change_nothing(road: Road) -> None:
    """The same `since_us` before, under and after a car that stands there for a minute."""
    road.car_passes()
    road.lying = [(spot(PLACE), SAND)]
    road.passes(30)
    since_us = road.told[0].since_us
    for number in range(5):
        road.car_passes(number)
        road.passes(3)
    road.drives(9, stands=True)
    road.passes(60)
    assert [change.since_us for change in road.told] == [since_us]
    road.tracks.clear()
    road.passes(5)
    assert [change.since_us for change in road.told] == [since_us]


def test_oil_is_told_if_something_had_just_passed(road: Road) -> None:
    """Dark and colourless, but there all at once behind a car."""
    road.drives()
    road.passes(2)
    road.lying = [(spot(PLACE), OIL)]
    road.tracks.clear()
    road.passes(30)
    assert len(road.told) == 1


def test_oil_that_the_next_cars_spread_is_told(road: Road) -> None:
    """Each car drags it a little further along."""
    road.drives()
    road.passes(2)
    road.tracks.clear()
    for number in range(6):
        road.lying = [(spot(Box(0.45, 0.60, 0.57 + 0.01 * number, 0.70)), OIL)]
        road.passes(4)
        road.car_passes(number)
    assert len(road.told) == 1


def test_a_parked_car_is_no_spill_nor_is_what_it_leaves(road: Road) -> None:
    """Two minutes on the road, then gone: neither is ever told."""
    road.drives(stands=True)
    road.passes(120)
    road.tracks.clear()
    road.passes(60)
    assert not road.ever


@pytest.mark.parametrize(("score", "told"), [(0.38, 1), (0.7, 0)])
def test_oil_that_is_taken_for_a_car(road: Road, score: float, told: int) -> None:
    """A detector that is not sure is not believed of a car that never drove up; one that is sure is."""
    road.drives()
    road.passes(2)
    road.lying = [(spot(PLACE), OIL)]
    road.tracks.clear()
    road.seems_a_car(8, score)
    road.passes(30)
    assert len(road.told) == told


@pytest.mark.parametrize(("box", "told"), [(CAR, 1), (PLACE, 0)])
def test_what_is_far_smaller_than_whatever_drives_there_is_no_car(road: Road, box: Box, told: int) -> None:
    """However sure the detector is of it, if it never drove up; one as large as the others is believed."""
    for number in range(4):
        road.drives(number, box=box)
        road.passes(2)
    road.lying = [(spot(PLACE), OIL)]
    road.tracks.clear()
    road.seems_a_car(8, 0.9)
    road.passes(30)
    assert len(road.told) == told


def test_a_restart_leaves_what_was_told_where_it_lies(road: Road) -> None:
    """With its beginning and its picture from before; when it is swept away after that, it is gone."""
    road.lying = [(spot(PLACE), SAND)]
    road.passes(30)
    (before,) = road.told
    road.starts()
    road.passes(20)
    (after,) = road.told
    assert (after.since_us, after.before) == (before.since_us, before.before)
    road.at_s += 3600
    road.starts()
    road.passes(20)
    assert [change.since_us for change in road.told] == [before.since_us]
    road.lying = []
    road.passes(25)
    assert road.looked == ["road"]
    assert road.told == ()


@pytest.mark.parametrize("away_s", [-60, 7 * 3600])
def test_what_was_known_long_ago_or_by_another_clock_is_not_believed(road: Road, away_s: int) -> None:
    """The road is learnt anew, and until it is, nobody says that it was looked at."""
    road.lying = [(spot(PLACE), SAND)]
    road.passes(30)
    road.at_s += away_s
    road.starts()
    road.passes(5)
    assert road.looked == []
    road.passes(20)
    assert road.looked == ["road"]
    assert road.told == ()


def test_a_broken_file_is_as_good_as_none(road: Road, tmp_path: Path) -> None:
    """What a power cut left half written, or somebody else wrote."""
    (tmp_path / "surface-road.npz").write_bytes(b"PK")
    road.starts()
    road.passes(15)
    assert road.looked == ["road"]


def test_in_the_dark_nothing_is_seen_to_be_gone(road: Road) -> None:
    """The lamps fail for two minutes: what lay there lies there afterwards, under the same name."""
    road.lying = [(spot(PLACE), SAND)]
    road.passes(30)
    (before,) = road.told
    road.light = lambda _: 0.01
    road.passes(120)
    road.light = lambda _: 1.0
    road.passes(10)
    assert [change.since_us for change in road.told] == [before.since_us]


def test_an_exposure_that_follows_a_lorry_explains_nothing(road: Road) -> None:
    """It sinks while the lorry is there and comes back; the oil behind it stays, and is told."""
    for number in range(4):
        road.drives(number, box=Box(0.2, 0.35, 0.7, 0.9))
        road.light = lambda _: 0.5
        road.passes(3)
        road.light = lambda _: 1.0
        road.tracks.clear()
        road.lying = [(spot(PLACE), OIL)]
        road.passes(9)
    assert len(road.told) == 1


def test_a_shadow_is_never_told(road: Road) -> None:
    """One that wanders over the road for eight minutes while cars pass through it."""

    def light(at_s: float) -> Floats:
        left = 0.1 + 0.001 * (at_s - 30)
        part = spot(Box(left, 0.4, left + 0.12, 0.9), 5) * min(1.0, max(0.0, (at_s - 30) / 60))
        return np.asarray(1 - part * (1 - SHADE), np.float32)

    road.light = light
    for number in range(36):
        road.car_passes(number)
        road.passes(8)
    assert not road.ever


def test_what_comes_with_the_sun_is_light(road: Road) -> None:
    """The sun comes out just after a car: hard shadows at once, everywhere brighter; then a cloud, then sun again."""
    place = spot(PLACE)
    road.light = lambda at_s: 0.6 if at_s % 120 < 60 else np.asarray(1.0 - place * (1 - SHADE), np.float32)
    for number in range(24):
        road.car_passes(number)
        road.passes(8)
    assert not road.ever


def test_at_night_a_lamp_is_no_spill(tmp_path: Path) -> None:
    """A yellow patch of light on a dark road is brighter, and so it is light; sand shows at night all the same."""
    road = Road(tmp_path, level=34.0)
    road.passes(30)
    lamp = spot(PLACE)
    road.light = lambda at_s: 1 + lamp * np.array((0.5, 0.9, 1.2), np.float32) * (at_s > 35)
    for number in range(10):
        road.car_passes(number)
        road.passes(8)
    assert not road.ever
    road.lying = [(spot(Box(0.7, 0.8, 0.82, 0.9)), (20, 24, 30))]
    road.passes(60)
    assert len(road.told) == 1


def test_puddles_are_the_weather(road: Road) -> None:
    """They come one after another; none of them is told for as long as a minute, however long they stay."""
    places = [Box(0.1 + 0.14 * number, 0.5, 0.2 + 0.14 * number, 0.56) for number in range(6)]
    longest: dict[int, int] = {}
    for place in places:
        road.lying = [*road.lying, (spot(place) * np.float32(0.6), (165, 140, 120))]
        _passes(road, 20, longest)
    _passes(road, 120, longest)
    assert max(longest.values(), default=0) < 45


def test_a_puddle_of_the_colour_of_the_sky_is_not_told(road: Road) -> None:
    """It comes alone, grows for a minute between the cars that drive over it, and stays: soon nobody tells it."""
    longest: dict[int, int] = {}
    for number in range(20):
        grown = min(1.0, (number + 1) / 10)
        road.lying = [(spot(Box(0.45, 0.6, 0.47 + 0.14 * grown, 0.62 + 0.1 * grown)) * np.float32(0.5), SKY)]
        road.car_passes(number)
        _passes(road, 5, longest)
    assert road.told == ()
    assert max(longest.values(), default=0) < 45


@pytest.mark.parametrize("colour", [SKY, OIL])
def test_what_is_lost_in_the_rain_is_told(road: Road, colour: tuple[int, int, int]) -> None:
    """On a road that grows wet for two minutes, of the sky's colour or none, all at once behind a car."""
    road.light = lambda at_s: 1 - 0.3 * min(1.0, max(0.0, (at_s - 30) / 120))
    road.passes(60)
    road.car_passes()
    road.lying = [(spot(PLACE), colour)]
    road.passes(30)
    assert len(road.told) == 1


def test_a_wet_road_is_learnt_and_what_lay_there_stays(road: Road) -> None:
    """The whole road becomes darker within ten seconds; the sand from before is still told, and nothing else is."""
    road.lying = [(spot(PLACE), SAND)]
    road.passes(30)
    since_us = road.told[0].since_us
    road.light = lambda at_s: 1 - 0.3 * min(1.0, max(0.0, (at_s - 70) / 10))
    road.passes(120)
    assert road.ever == {since_us}
    assert [change.since_us for change in road.told] == [since_us]


def test_what_stood_there_from_the_beginning_leaves_nothing_behind(tmp_path: Path) -> None:
    """A van that nobody followed is learnt as the road; when it has left, the road is no change of the road."""
    road = Road(tmp_path)
    road.lying = [(spot(PLACE), SAND)]
    road.passes(30)
    road.lying = []
    road.passes(45)
    assert not road.ever


def test_what_came_while_nobody_looked_is_not_told(road: Road) -> None:
    """After a minute without a look it might be anything; what was told before goes on."""
    road.lying = [(spot(PLACE), SAND)]
    road.passes(30)
    since_us = road.told[0].since_us
    road.at_s += 90
    road.lying.append((spot(Box(0.7, 0.8, 0.82, 0.9)), SAND))
    road.passes(40)
    assert [change.since_us for change in road.told] == [since_us]
    assert road.ever == {since_us}


def test_another_resolution_is_another_road(road: Road) -> None:
    """A camera that changes its size begins anew instead of comparing what cannot be compared."""
    road.lying = [(spot(PLACE), SAND)]
    road.passes(30)
    assert road.told
    seen = road.attendant.attend(Frame(START_US + 999_000_000, grey(rows=2 * ROWS, columns=2 * COLUMNS)), _nobody())
    assert seen.changes == ()


def test_it_looks_about_once_a_second(road: Road) -> None:
    """Between two looks it says nothing of the surface, and is not asked for either."""
    at_us = START_US + round(road.at_s * 1e6) + 200_000
    assert not road.attendant.due(at_us)
    road.drives()
    assert road.attendant.attend(Frame(at_us, grey(rows=ROWS, columns=COLUMNS)), _nobody()).surfaces == ()
    assert road.attendant.due(at_us + 800_000)


def _nobody() -> Sighting:
    return Sighting("cam-1", START_US, ())


def _passes(road: Road, seconds: int, longest: dict[int, int]) -> None:
    """Time goes on, and it is counted for how long each change is told."""
    for _ in range(seconds):
        road.passes(1)
        for change in road.told:
            longest[change.since_us] = longest.get(change.since_us, 0) + 1
