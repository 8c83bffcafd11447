# SPDX-License-Identifier: Apache-2.0

import random
from dataclasses import replace
from itertools import chain, pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge.core.tracks import Kind
from edge.vision.tracker import Tracker
from tests.vision.film import (
    Thing,
    blinking,
    dropped,
    film,
    near,
    parks,
    passes,
    play,
    shaken,
    stands,
)

PLACE = (0.5, 0.6)


def identities(story: list, x: float = PLACE[0], y: float = PLACE[1]) -> set[int]:  # type: ignore[type-arg]
    return {one.id for _, tracks in story if (one := near(tracks, x, y)) is not None}


def test_a_parking_car_is_one_track_that_arrived_and_stands() -> None:
    """A car that drives in and parks has one identity, has arrived, and stands since it stopped, within a second."""
    story = play(film([Thing(parks(*PLACE, at=10.0))], 40.0))
    last = near(story[-1][1], *PLACE)
    assert last is not None
    assert last.id == 1
    assert last.arrived
    assert last.still_since_us is not None
    assert abs(last.still_since_us / 1e6 - 10.0) <= 1.0


def test_a_car_that_was_there_at_the_start_has_not_arrived() -> None:
    """Who stands in the very first frames was not seen to come, however long he stands."""
    story = play(film([Thing(stands(*PLACE))], 60.0))
    last = story[-1][1][0]
    assert not last.arrived
    assert last.still_since_us == story[0][0]


def test_a_passing_car_never_stands() -> None:
    """Driving through the picture is arriving, but not standing at any time."""
    story = play(film([Thing(passes(0.6, at=5.0, speed=0.12))], 10.0))
    seen = [one for _, tracks in story for one in tracks]
    assert {one.id for one in seen} == {1}
    assert seen[-1].arrived
    assert all(one.still_since_us is None for one in seen)


@pytest.mark.parametrize("fps", [2.0, 5.0, 25.0])
def test_the_dwell_does_not_depend_on_the_frame_rate(fps: float) -> None:
    """The same stop is told with the same beginning at two and at twenty-five frames a second."""
    story = play(film([Thing(parks(*PLACE, at=10.0))], 30.0, fps))
    last = near(story[-1][1], *PLACE)
    assert last is not None
    assert last.id == 1
    assert last.arrived
    assert abs((last.still_since_us or 0) / 1e6 - 10.0) <= 1.5


def test_an_hour_with_a_shaking_blinking_detector_is_one_track() -> None:
    """Four in ten looks lost and edges that shake by 4 % change neither identity nor the beginning of the stand."""
    chance = random.Random(7)
    frames = film([Thing(parks(*PLACE, at=10.0), score=0.5)], 3600.0, fps=2.0)
    story = play(blinking(shaken(frames, chance), chance, seen=0.6))
    assert identities(story) == {1}
    last = near(story[-1][1], *PLACE)
    assert last is not None
    assert last.arrived
    assert abs((last.still_since_us or 0) / 1e6 - 10.0) <= 2.0


def test_half_the_frames_dropped_keeps_identity_and_dwell() -> None:
    """Losing every second frame at random, with traffic beside the car, changes nothing that is told of it."""
    chance = random.Random(3)
    traffic = [Thing(passes(0.45, at=20.0 + 7 * number)) for number in range(10)]
    story = play(dropped(film([Thing(parks(*PLACE, at=10.0)), *traffic], 90.0), chance, kept=0.5))
    assert len(identities(story)) == 1
    last = near(story[-1][1], *PLACE)
    assert last is not None
    assert abs((last.still_since_us or 0) / 1e6 - 10.0) <= 1.5


def test_a_lorry_in_front_for_half_an_hour_does_not_end_the_stand() -> None:
    """A standing car whose place is covered is remembered as not seen, and is the same one when it is seen again."""
    lorry = Thing(parks(0.5, 0.62, at=60.0, until=1860.0), size=(0.3, 0.3), kind=Kind.TRUCK)
    frames = list(film([Thing(parks(*PLACE, at=10.0)), lorry], 1900.0, fps=2.0))
    covered = [
        (at_us, [one for one in found if one.kind is Kind.TRUCK or not any(
            other.kind is Kind.TRUCK and one.box.covered_by(other.box) > 0.7 for other in found)])
        for at_us, found in frames
    ]  # fmt: skip
    story = play(covered)
    during = {one.id: one for one in story[1000][1]}
    assert not during[1].seen
    assert during[1].still_since_us is not None
    last = next(one for one in story[-1][1] if one.id == 1)
    assert last.seen
    assert abs((last.still_since_us or 0) / 1e6 - 10.0) <= 1.5


def test_passers_by_that_merge_with_the_car_do_not_move_it() -> None:
    """While a walker's box and the car's are one larger box, the car keeps its place, identity and dwell."""
    frames = list(film([Thing(parks(*PLACE, at=10.0))], 60.0))
    merged = []
    for at_us, found in frames:
        second = at_us / 1e6
        widened = found
        if 30.0 <= second < 33.0 and found:
            car = found[0]
            box = type(car.box)(car.box.left - 0.04, car.box.top - 0.03, car.box.right, car.box.bottom + 0.05)
            widened = [type(car)(car.kind, car.score, box)]
        merged.append((at_us, widened))
    story = play(merged)
    assert identities(story) == {1}
    last = near(story[-1][1], *PLACE)
    assert last is not None
    assert abs((last.still_since_us or 0) / 1e6 - 10.0) <= 1.0


def test_a_walker_who_hides_a_car_bit_by_bit_does_not_move_it() -> None:
    """While a box shrinks slowly from one side, and grows again from there, the car stands where it stood."""
    frames = []
    for at_us, found in film([Thing(parks(*PLACE, at=10.0))], 60.0):
        hidden = max(0.0, 0.6 - abs(at_us / 1e6 - 33.0) * 0.2) if found else 0.0
        cut = [replace(one, box=replace(one.box, left=one.box.left + hidden * one.box.width)) for one in found]
        frames.append((at_us, cut))
    last = near(play(frames)[-1][1], *PLACE)
    assert last is not None
    assert last.id == 1
    assert abs((last.still_since_us or 0) / 1e6 - 10.0) <= 1.0


def test_a_part_of_a_parked_car_that_is_told_beside_it_has_not_arrived() -> None:
    """What moves about in the place of a car that stands was not seen to come: nobody stands in another."""
    part = Thing(
        lambda second: (0.53 if second < 34.0 else 0.47, 0.603) if 30.0 <= second < 44.0 else None, (0.07, 0.08)
    )
    story = play(film([Thing(parks(*PLACE, at=10.0)), part], 50.0))
    parts = [one for _, tracks in story for one in tracks if one.id != 1]
    assert any(one.still_since_us is not None for one in parts)
    assert not any(one.arrived for one in parts)


def test_two_cars_that_cross_keep_their_identities() -> None:
    """Opposite lanes whose boxes overlap for a moment: each car keeps its number, shaken boxes and all."""
    chance = random.Random(11)
    right, left = Thing(passes(0.50, at=3.0, speed=0.2)), Thing(passes(0.55, at=3.0, speed=-0.2))
    story = play(shaken(film([right, left], 6.0, fps=10.0), chance, by=0.03))
    first, last = story[8][1], story[50][1]
    goes_right = {one.id for one in first if one.box.centre.x < 0.5}
    assert goes_right
    assert goes_right == {one.id for one in last if one.box.centre.x > 0.5}


def test_a_nudge_forward_is_the_same_car() -> None:
    """Rolling on by less than half a length keeps the identity; the stand may begin anew."""
    step = 0.4 * 0.12

    def path(second: float) -> tuple[float, float] | None:
        return parks(*PLACE, at=10.0)(second) if second < 30.0 else (PLACE[0] + step, PLACE[1])

    story = play(film([Thing(path)], 60.0))
    assert {one.id for _, tracks in story for one in tracks} == {1}
    last = story[-1][1][0]
    assert last.arrived
    assert last.still_since_us is not None


def test_a_nudge_that_nobody_saw_is_the_same_car() -> None:
    """The same nudge during ten seconds without detections does not make a new car of it."""
    step = 0.4 * 0.12

    def path(second: float) -> tuple[float, float] | None:
        if 30.0 <= second < 40.0:
            return None
        return parks(*PLACE, at=10.0)(second) if second < 30.0 else (PLACE[0] + step, PLACE[1])

    story = play(film([Thing(path)], 60.0))
    assert {one.id for _, tracks in story for one in tracks} == {1}


def test_a_departure_that_was_seen_ends_the_track_soon() -> None:
    """A car that drives off out of the picture is gone within a few seconds, and does not stand while it drives."""
    story = play(film([Thing(parks(*PLACE, at=10.0, until=40.0))], 60.0))
    moving = [one for at_us, tracks in story if at_us > 42e6 for one in tracks]
    assert all(one.still_since_us is None for one in moving)
    assert story[-1][1] == ()


def test_a_departure_that_was_not_seen_is_confirmed_by_the_empty_place() -> None:
    """A place in view without its car for half a minute is empty; until then the car is told as not seen."""
    story = play(film([Thing(parks(*PLACE, at=10.0, until=float("inf")))], 30.0))
    tracker = Tracker()
    play(film([Thing(parks(*PLACE, at=10.0))], 30.0), tracker)
    empty = play(film([], 60.0, begin=30.0), tracker)
    assert story[-1][1][0].seen
    assert [one.seen for one in empty[50][1]] == [False]
    assert empty[-1][1] == ()


def test_an_empty_place_is_not_proven_by_one_look_after_a_gap() -> None:
    """A frame after ten minutes of no frames counts as a few seconds of watching, not as ten minutes."""
    tracker = Tracker()
    play(film([Thing(parks(*PLACE, at=10.0))], 30.0), tracker)
    assert len(tracker.update(round(630e6), [])) == 1


def test_a_car_that_is_back_after_a_long_blink_counts_anew() -> None:
    """Five minutes unseen in plain view: the identity comes back, but the dwell begins anew, since nobody can vouch."""
    tracker = Tracker()
    car = Thing(parks(*PLACE, at=10.0))
    play(film([car], 30.0), tracker)
    play(film([], 300.0, begin=30.0), tracker)
    story = play(film([car], 30.0, begin=330.0), tracker)
    last = story[-1][1][0]
    assert last.id == 1
    assert (last.still_since_us or 0) / 1e6 == pytest.approx(330.0, abs=1.0)


def test_a_car_that_appears_where_nothing_was_has_arrived() -> None:
    """At one frame in five seconds nobody is seen to drive; who then stands where nothing was has come."""
    story = play(film([Thing(stands(*PLACE, since=60.0))], 120.0))
    assert story[-1][1][0].arrived


def test_a_flickering_phantom_has_not_arrived() -> None:
    """A lamp that the detector takes for a car now and then, and never surely, is not told as arrived."""
    chance = random.Random(5)
    lamp = Thing(stands(0.8, 0.2, since=60.0), size=(0.03, 0.03), score=0.45)
    story = play(blinking(film([lamp], 600.0), chance, seen=0.4))
    assert not any(one.arrived for _, tracks in story for one in tracks)


def test_two_unsure_looks_are_not_yet_a_track() -> None:
    """A single weak phantom is never published; weak detections need to persist."""
    weak = Thing(stands(*PLACE, until=0.3), score=0.2)
    assert all(tracks == () for _, tracks in play(film([weak], 3.0)))
    persistent = Thing(stands(*PLACE), score=0.2)
    assert play(film([persistent], 3.0))[-1][1] != ()


def test_an_old_frame_changes_nothing() -> None:
    """A frame that is not newer than the last is answered with the last answer."""
    tracker = Tracker()
    story = play(film([Thing(stands(*PLACE))], 3.0), tracker)
    assert tracker.update(1, []) == story[-1][1]


def test_a_car_misnamed_now_and_then_keeps_its_kind() -> None:
    """A van that is a lorry in every third frame is one track, and a van."""
    van, lorry = Thing(stands(*PLACE), kind=Kind.VAN), Thing(stands(*PLACE), kind=Kind.TRUCK)
    frames = chain.from_iterable(zip(*(film([one], 20.0) for one in (van, van, lorry)), strict=True))
    story = play((number * 200_000 + 1, found) for number, (_, found) in enumerate(frames))
    assert {(one.id, one.kind) for one in story[-1][1]} == {(1, Kind.VAN)}


def test_a_motorcycle_in_front_does_not_take_over_the_car() -> None:
    """A rider who stops before a car and leaves again has an identity of his own."""
    rider = Thing(parks(0.52, 0.63, at=20.0, until=30.0), size=(0.03, 0.07), kind=Kind.TWO_WHEELER)
    story = play(film([Thing(parks(*PLACE, at=10.0)), rider], 50.0))
    kinds = {one.id: one.kind for _, tracks in story for one in tracks}
    assert sorted(kinds.values()) == [Kind.CAR, Kind.TWO_WHEELER]


def test_a_neighbour_in_the_next_space_is_somebody_else() -> None:
    """Where one car left unseen and another parks a length further, two identities are told."""
    first, second = Thing(stands(0.4, 0.6, until=30.0)), Thing(stands(0.53, 0.6, since=32.0))
    story = play(film([first, second], 60.0))
    assert len({one.id for _, tracks in story for one in tracks}) == 2


def test_hidden_by_a_passing_bus_at_full_speed() -> None:
    """A bus that hides the car for two seconds takes neither its identity nor its box."""
    bus = Thing(passes(0.6, at=30.0, speed=0.3), size=(0.35, 0.25), kind=Kind.BUS)
    frames = film([Thing(parks(*PLACE, at=10.0)), bus], 50.0)
    story = play(
        (at_us, [one for one in found if one.kind is Kind.BUS or not 29.2e6 < at_us < 30.8e6])
        for at_us, found in frames
    )
    assert identities(story) <= {1, 2}
    last = near(story[-1][1], *PLACE)
    assert last is not None
    assert (last.id, last.kind) == (1, Kind.CAR)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    seen=st.floats(0.7, 1.0),
    kept=st.floats(0.5, 1.0),
    shake=st.floats(0.0, 0.04),
    stop_s=st.floats(12.0, 20.0),
)
def test_any_parking_is_told_once_with_its_beginning(
    seed: int, seen: float, kept: float, shake: float, stop_s: float
) -> None:
    """Whatever is lost or shaken within bounds: one identity for the stand, arrived, its beginning within 3 s."""
    chance = random.Random(seed)
    frames = shaken(film([Thing(parks(*PLACE, at=stop_s))], stop_s + 60.0), chance, shake)
    looks = list(dropped(blinking(frames, chance, seen), chance, kept))
    seen_at = [at_us for at_us, found in looks if found]
    assume(max(later - earlier for earlier, later in pairwise(seen_at)) < 2.5e6)
    story = play(looks)
    last = near(story[-1][1], *PLACE)
    assert last is not None
    assert last.arrived
    assert last.still_since_us is not None
    assert abs(last.still_since_us / 1e6 - stop_s) <= 3.0
    assert (
        len({one.id for at_us, tracks in story if at_us > (stop_s + 3) * 1e6 for one in tracks if one.still_since_us})
        == 1
    )


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(0, 6))
def test_identities_rise_and_the_same_film_tells_the_same(seed: int, count: int) -> None:
    """New identities are larger than all before, no two tracks share one, and a replay is equal to the play."""
    chance = random.Random(seed)
    things = [
        Thing(passes(chance.uniform(0.2, 0.9), chance.uniform(1, 9), chance.choice([-0.3, 0.2, 0.4])))
        for _ in range(count)
    ]
    frames = list(shaken(blinking(film(things, 10.0), chance, 0.8), chance))
    story = play(frames)
    newest = 0
    for _, tracks in story:
        ids = [one.id for one in tracks]
        assert ids == sorted(set(ids))
        fresh = [one for one in ids if one > newest]
        assert fresh == list(range(newest + 1, newest + 1 + len(fresh)))
        newest = max([newest, *ids])
    assert play(frames) == story
