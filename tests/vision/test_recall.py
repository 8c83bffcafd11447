# SPDX-License-Identifier: Apache-2.0
"""A parked car stays who it is while nobody detects it, and is somebody else when somebody else stands there."""

from collections.abc import Callable

from edge.core.geometry import Box
from edge.core.tracks import Kind, Track
from edge.vision.looks import looks_of
from edge.vision.source import Image
from edge.vision.tracker import Tracker
from tests.vision.film import CAR, Frame, Thing, film, near, stands
from tests.vision.lot import Standing, counting, darker, lit, painted, watched

X, Y = 0.5, 0.6


def box(x: float = X, y: float = Y, size: tuple[float, float] = CAR) -> Box:
    return Box(x - size[0] / 2, y - size[1] / 2, x + size[0] / 2, y + size[1] / 2)


OURS, OTHER, BUS = 1, 2, 9
BUS_BOX = box(0.5, 0.62, (0.4, 0.3))
EMPTY, WITH_OURS, WITH_OTHER = painted([]), painted([Standing(OURS, box())]), painted([Standing(OTHER, box())])
WITH_BUS = painted([Standing(OURS, box()), Standing(BUS, BUS_BOX)])
CAR_THERE = Thing(stands(X, Y))
BUS_THERE = Thing(stands(0.5, 0.62), size=(0.4, 0.3), kind=Kind.BUS)


def always(picture: Image) -> Callable[[float], Image]:
    return lambda _: picture


def parked() -> Tracker:
    """A tracker that has watched our car stand for a minute."""
    tracker = Tracker()
    watched(film([CAR_THERE], 60.0), always(WITH_OURS), tracker)
    return tracker


def hidden_by_a_bus(tracker: Tracker, until: float = 360.0) -> None:
    watched(film([BUS_THERE], until - 60.0, fps=2.0, begin=60.0), always(WITH_BUS), tracker)


def last(story: list[tuple[int, tuple[Track, ...]]]) -> Track:
    found = near([one for one in story[-1][1] if one.kind is Kind.CAR], X, Y)
    assert found is not None
    return found


def test_a_detector_that_fails_for_minutes_loses_no_car() -> None:
    """Its place looks as before: it is told all the while, and its dwell is unbroken when it is detected again."""
    tracker = parked()
    gap = watched(film([], 110.0, begin=60.0), always(darker(WITH_OURS)), tracker)
    assert all([one.id for one in tracks] == [1] for _, tracks in gap)
    back = last(watched(film([CAR_THERE], 5.0, begin=170.0), always(darker(WITH_OURS)), tracker))
    assert (back.id, back.still_since_us) == (1, 1)


def test_a_car_that_left_unseen_is_not_kept_by_its_place() -> None:
    """The bare ground does not look like the car: half a minute in view, as without looks, and it has gone."""
    story = watched(film([], 60.0, begin=60.0), always(EMPTY), parked())
    assert story[100][1] != ()
    assert story[-1][1] == ()


def test_a_bus_before_it_for_minutes_makes_no_new_car() -> None:
    """When the bus has gone, the car is the one that it was, and has stood since it came."""
    tracker = parked()
    hidden_by_a_bus(tracker)
    story = watched(film([CAR_THERE], 10.0, begin=360.0), always(WITH_OURS), tracker)
    assert (last(story).id, last(story).still_since_us) == (1, 1)


def test_another_car_behind_the_bus_is_a_new_one_and_has_come() -> None:
    """It took the place while nobody could see it; it did not stand there before, so it has arrived."""
    tracker = parked()
    hidden_by_a_bus(tracker)
    story = watched(film([CAR_THERE], 20.0, begin=360.0), always(WITH_OTHER), tracker)
    other = last(story)
    assert other.id > 2
    assert other.arrived
    assert (other.still_since_us or 0) >= 360_000_000
    assert 1 not in {one.id for one in story[-1][1]}


def test_another_car_after_a_gap_between_frames_is_a_new_one() -> None:
    """Ten minutes without frames, and another car stands in the place: it is not told as the first."""
    story = watched(film([CAR_THERE], 20.0, begin=660.0), always(WITH_OTHER), parked())
    assert last(story).id == 2


def test_headlights_when_it_comes_back_make_no_new_car() -> None:
    """Whatever a second of glare hides, the look after it is the car's own."""
    tracker = parked()
    hidden_by_a_bus(tracker)
    glare = lit(WITH_OURS, X, Y, radius=0.1)
    story = watched(film([CAR_THERE], 10.0, begin=360.0), lambda at_s: glare if at_s < 361.2 else WITH_OURS, tracker)
    assert {one.id for _, tracks in story for one in tracks if one.kind is Kind.CAR} == {1}
    assert last(story).still_since_us == 1


def test_a_neighbour_who_parks_beside_and_hides_a_quarter_makes_no_new_car() -> None:
    """The detector sees the two as the neighbour alone for two minutes, then both."""
    beside = box(X + 0.09, Y + 0.01)
    both = painted([Standing(OURS, box()), Standing(OTHER, beside)])
    neighbour = Thing(stands(X + 0.09, Y + 0.01))
    tracker = parked()
    watched(film([neighbour], 120.0, begin=60.0), always(both), tracker)
    story = watched(film([CAR_THERE, neighbour], 10.0, begin=180.0), always(both), tracker)
    assert [one.id for one in story[-1][1]] == [1, 2]
    assert last(story).still_since_us == 1


def test_a_phantom_is_not_kept_by_a_road_that_never_changes() -> None:
    """What was seen in one frame of three has gone half a minute after the last, though nothing has changed there."""
    tracker = Tracker()
    road = painted([Standing(5, box())])
    seldom = (
        (at_us, found if number % 3 == 0 else []) for number, (at_us, found) in enumerate(film([CAR_THERE], 60.0))
    )
    watched(seldom, always(road), tracker)
    assert watched(film([], 60.0, begin=60.0), always(road), tracker)[-1][1] == ()


def test_a_nudge_that_nobody_saw_is_still_the_same_car() -> None:
    """Looks follow the car to where it rolled; its boxes are off by a few hundredths there."""
    tracker = parked()
    moved = box(X + 0.04, Y)
    watched(film([], 10.0, begin=60.0), always(painted([Standing(OURS, moved)])), tracker)
    rolled = Thing(stands(X + 0.042, Y + 0.002))
    story = watched(film([rolled], 10.0, begin=70.0), always(painted([Standing(OURS, moved)])), tracker)
    assert {one.id for one in story[-1][1]} == {1}


def test_looks_are_asked_for_sparingly() -> None:
    """Twenty parked cars for a minute cost twenty looks each ten seconds, one a frame at most."""
    places = [(0.1 + 0.2 * (number % 5), 0.2 + 0.2 * (number // 5)) for number in range(20)]
    picture = painted([Standing(number, box(*place)) for number, place in enumerate(places)])
    asked: list[Box] = []
    tracker = Tracker()
    frames: list[Frame] = list(film([Thing(stands(*place)) for place in places], 60.0))
    per_frame = []
    for at_us, found in frames:
        before = len(asked)
        tracker.update(at_us, found, counting(looks_of(picture), asked))
        per_frame.append(len(asked) - before)
    assert 0 < len(asked) <= 20 * 60 / 10
    assert max(per_frame) == 1
