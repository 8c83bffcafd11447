# SPDX-License-Identifier: Apache-2.0

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
import pytest

from edge.core.geometry import Box
from edge.core.tracks import VEHICLES, Kind, Track
from edge.vision.detector import Detection
from edge.vision.detectors.blobs import Span, kind_of
from edge.vision.detectors.hindsight import usual
from edge.vision.detectors.motion import LEARN_LOOKS, MotionDetector
from edge.vision.source import Image
from edge.vision.sources.street.painter import Painter
from edge.vision.sources.street.scenario import read_scenario
from edge.vision.sources.street.truth import Thing, truth
from edge.vision.tracker import Tracker
from tests.vision.scene import recording

FPS = 5.0
PARKED = "street:demo?stop_s=5&stay_s=3600&cars=0"
STANDS_AT_S = 20.0


def street(source: str, begin_s: float, end_s: float, fps: float = FPS) -> list[tuple[float, Image]]:
    painter = Painter(read_scenario(source))
    return [(begin_s + n / fps, painter.paint(begin_s + n / fps)) for n in range(round((end_s - begin_s) * fps))]


def quiet(frames: int = LEARN_LOOKS, seed: int = 1) -> list[Image]:
    return [image for _, image in street(f"street:quiet?seed={seed}", 0, frames / FPS)]


def taught(images: Iterable[Image]) -> MotionDetector:
    detector = MotionDetector()
    for image in images:
        assert detector.detect(image) == []
    return detector


def stopper(second: float) -> Box:
    return next(one.box for one in truth(read_scenario(PARKED), second) if one.parked)


def hits(found: Sequence[Detection], box: Box, iou: float = 0.5) -> list[Detection]:
    return [one for one in found if one.box.iou(box) >= iou]


def test_nothing_is_seen_in_a_quiet_street() -> None:
    """Drifting light and sensor noise alone are nobody, for a minute."""
    detector = taught(quiet())
    assert all(detector.detect(image) == [] for _, image in street("street:quiet", 3, 63))


def test_a_parked_car_stays_in_the_foreground() -> None:
    """What stands is not absorbed: after 1500 looks it is still seen, as one vehicle, in the same place."""
    detector = taught(quiet())
    images = [image for _, image in street(PARKED, STANDS_AT_S, STANDS_AT_S + 4)]
    found: list[Detection] = []
    for look in range(1500):
        found = detector.detect(images[look % len(images)])
    assert [one.kind for one in found] == [Kind.VEHICLE]
    assert hits(found, stopper(STANDS_AT_S), iou=0.7)


def test_the_whole_stay_of_the_demo_is_one_track() -> None:
    """Arriving, standing among traffic and a walker, leaving: one identity that arrived and stood as long as it did."""
    source = "street:demo?stop_s=12&stay_s=30&cars=4&seed=3"
    detector, tracker = MotionDetector(), Tracker()
    told: list[tuple[float, tuple[Track, ...]]] = []
    for second, image in street(source, 0, 56):
        told.append((second, tracker.update(round(second * 1e6) + 1, detector.detect(image))))
    place = stopper(STANDS_AT_S)
    standing = [hits_of(tracks, place) for second, tracks in told if 13 < second < 42]
    assert {one.id for one in standing if one} == {standing[0].id if standing[0] else 0}
    assert all(standing)
    last = standing[-1]
    assert last is not None
    assert last.arrived
    assert last.kind in VEHICLES
    assert last.still_since_us is not None
    assert last.still_since_us / 1e6 == pytest.approx(12.0, abs=1.5)
    assert hits_of(told[-1][1], place) is None


def hits_of(tracks: Sequence[Track], place: Box) -> Track | None:
    return next((one for one in tracks if one.box.iou(place) > 0.5), None)


def test_a_passer_by_does_not_merge_with_a_parked_car() -> None:
    """While a walker crosses in front of the car, the car's box stays its own and the walker's is beside or on it."""
    source = "street:demo?cars=0"
    detector = taught(quiet())
    scenario = read_scenario(source)
    walks = [second for second in np.arange(12.0, 60.0, 0.2) if walker(truth(scenario, second))]
    assert walks
    for _, image in street(source, walks[0] - 6, walks[0] - 1):
        detector.detect(image)
    place = stopper(STANDS_AT_S)
    seen = crossings = 0
    for second, image in street(source, walks[0] - 1, walks[-1]):
        found = detector.detect(image)
        person = walker(truth(scenario, second))
        if person is not None and person.box.overlap(place) > 0:
            crossings += 1
            seen += bool(hits(found, place, iou=0.8))
    assert crossings > 5
    assert seen >= 0.9 * crossings


def walker(things: Sequence[Thing]) -> Thing | None:
    return next((one for one in things if one.kind is Kind.PERSON), None)


def test_most_of_the_traffic_is_found_and_little_else() -> None:
    """Against the simulated street's truth: most things of some size have a box, nine in ten boxes a thing."""
    source = "street:demo?stop_s=10&stay_s=30&cars=5&seed=9"
    detector, scenario = taught(quiet(seed=9)), read_scenario(source)
    things = found_things = boxes = right_boxes = 0
    for second, image in street(source, 3, 45):
        found, there = detector.detect(image), truth(scenario, second)
        large = [one.box for one in there if one.box.area > 0.004]
        things += len(large)
        found_things += sum(bool(hits(found, box)) for box in large)
        boxes += len(found)
        right_boxes += sum(any(one.box.iou(thing.box) > 0.3 for thing in there) for one in found)
    assert found_things >= 0.85 * things
    assert right_boxes >= 0.9 * boxes


def test_a_crawling_queue_never_parks() -> None:
    """Cars that stop for three seconds and roll on: nobody is told to have arrived and stood for ten."""
    detector, tracker = taught(quiet()), Tracker()
    longest = 0.0
    for second, image in street("street:busy", 3, 63):
        at_us = round(second * 1e6) + 1
        for one in tracker.update(at_us, detector.detect(image)):
            if one.arrived and one.still_since_us is not None:
                longest = max(longest, (at_us - one.still_since_us) / 1e6)
    assert longest < 10.0


def test_a_car_that_was_there_first_leaves_no_ghost() -> None:
    """The gap that a car of the first background leaves is understood as a gap within three seconds."""
    parked = [image for _, image in street(PARKED, STANDS_AT_S, STANDS_AT_S + 3)]
    detector = taught(parked)
    seen = [hits(detector.detect(image), stopper(STANDS_AT_S)) for image in quiet(30)]
    assert not any(seen[15:])


def test_a_change_of_exposure_is_nobody_and_hides_nobody() -> None:
    """The whole picture darker by a third at once: no phantoms, and the parked car is still there."""
    detector = taught(quiet())
    parked = [image for _, image in street(PARKED, STANDS_AT_S, STANDS_AT_S + 6)]
    for image in parked:
        detector.detect(image)
    for image in parked:
        found = detector.detect(cv2.convertScaleAbs(image, alpha=0.65).astype(np.uint8))
        assert hits(found, stopper(STANDS_AT_S), iou=0.6)
        assert len(found) == 1


def test_a_shadow_is_not_a_vehicle() -> None:
    """A patch of the road at 65 % of its brightness moves along it and is nobody."""
    detector = taught(quiet())
    for number, image in enumerate(quiet(20)):
        shaded = image.copy()
        left = 100 + 30 * number
        shaded[420:500, left : left + 220] = cv2.convertScaleAbs(shaded[420:500, left : left + 220], alpha=0.65)
        assert detector.detect(shaded) == []


def test_a_shaking_pole_is_nobody() -> None:
    """The camera moves by two of its own pixels and nothing is seen."""
    detector = taught(quiet())
    for number, image in enumerate(quiet(20)):
        assert detector.detect(np.roll(image, ((number % 3) - 1) * 2, axis=1)) == []


def test_another_light_is_learnt_anew() -> None:
    """When most of the picture is another one for long, as after a turn of the camera, it becomes the background."""
    detector = taught(quiet())
    other = [np.ascontiguousarray(image[::-1]) for image in quiet(80)]
    found = [detector.detect(image) for image in other]
    assert found[-1] == []


def test_a_new_resolution_starts_over() -> None:
    """A stream that comes back smaller is learnt again instead of compared."""
    detector = taught(quiet())
    small = [np.ascontiguousarray(image[::2, ::2]) for image in quiet(LEARN_LOOKS + 5)]
    assert all(detector.detect(image[:320]) == [] for image in small)


@pytest.mark.parametrize(
    ("span", "kind"),
    [
        (Span(0, 0, 60, 30), Kind.VEHICLE),
        (Span(0, 0, 12, 30), Kind.PERSON),
        (Span(0, 0, 18, 30), Kind.TWO_WHEELER),
        (Span(0, 0, 60, 110), Kind.VEHICLE),
    ],
)
def test_shape_and_size_tell_the_kind(span: Span, kind: Kind) -> None:
    """Wide is a vehicle, tall and narrow a person, in between a two-wheeler; tall and large a lorry."""
    assert kind_of(span, 320 * 180) is kind


def test_what_comes_back_most_often_is_the_road() -> None:
    """Between six cars that each stand longer than the gap after them lasts, the gap's colour is the usual one."""
    colours = [20, 60, 100, 140, 180, 240]
    times = [shade for colour in colours for shade in (colour, colour, colour, 120)]
    samples = np.array(times, np.uint8).reshape(-1, 1, 1).repeat(3, axis=2)
    assert usual(samples)[0].tolist() == [120, 120, 120]


def test_a_real_road_from_above() -> None:
    """Four cars cross, visible in 38 % of the frames by eye: about so often something is told."""
    film = cv2.VideoCapture(str(recording("road_overhead_768x432.mp4")), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    detector, tracker = MotionDetector(), Tracker()
    looks = seen = number = 0
    came: set[int] = set()
    while True:
        read, image = film.read()
        if not read:
            break
        number += 1
        if number % 2:
            continue
        found = [one for one in detector.detect(np.asarray(image, np.uint8)) if one.box.area > 0.01]
        looks, seen = looks + 1, seen + bool(found)
        came |= {one.id for one in tracker.update(number * 80_000, found) if one.arrived}
    film.release()
    assert 0.28 * looks <= seen <= 0.48 * looks
    assert 3 <= len(came) <= 7
