# SPDX-License-Identifier: Apache-2.0
"""The motion gate opens for what moves and for nothing else."""

from collections.abc import Iterable

import cv2
import numpy as np
import pytest

from edge.vision.gate import Gate
from edge.vision.source import Image
from edge.vision.sources.street.painter import Painter
from edge.vision.sources.street.scenario import read_scenario
from edge.vision.sources.street.truth import truth
from tests.vision.scene import START_US, recording

FPS = 5.0


def _decisions(images: Iterable[Image]) -> list[bool]:
    gate = Gate()
    return [gate.opens(START_US + round(number / FPS * 1e6), image, held=False) for number, image in enumerate(images)]


def _quiet(seconds: float) -> list[Image]:
    painter = Painter(read_scenario("street:quiet"))
    return [painter.paint(number / FPS) for number in range(round(seconds * FPS))]


def test_opens_at_first() -> None:
    """What stands there at the start must be seen once, so the first two seconds are open."""
    assert all(_decisions(_quiet(2)))


def test_stays_closed_on_a_quiet_street() -> None:
    """Sensor noise and a slow drift of the light never open it in a minute and a half."""
    assert not any(_decisions(_quiet(90))[11:])


def test_opens_within_half_a_second_of_a_car() -> None:
    """Every vehicle that has driven well into the picture is noticed in two frames."""
    scenario = read_scenario("street:demo?cars=1&seed=4")
    painter = Painter(scenario)
    times = [number / FPS for number in range(round(40 * FPS))]
    decisions = _decisions(painter.paint(at_s) for at_s in times)
    moving = [any(one.box.area > 0.02 and not one.parked for one in truth(scenario, at_s)) for at_s in times]
    missed = [
        at_s
        for number, at_s in enumerate(times[:-2])
        if all(moving[number : number + 3]) and not any(decisions[number : number + 3])
    ]
    assert missed == []


def test_is_held_by_a_track() -> None:
    """While a track lives the gate is open, though nothing moves: a standing car must be seen to stand."""
    gate, images = Gate(), _quiet(6)
    assert all(gate.opens(START_US + number * 200_000, image, held=True) for number, image in enumerate(images))


@pytest.mark.parametrize("factor", [0.5, 1.6])
def test_light_switched_does_not_open(factor: float) -> None:
    """A street lamp going on changes the whole picture, which is light and not movement."""
    images = _quiet(20)
    switched = [
        image if number < 60 else cv2.convertScaleAbs(image, alpha=factor) for number, image in enumerate(images)
    ]
    assert sum(_decisions(np.asarray(image, np.uint8) for image in switched)[11:]) <= 3


def test_cloud_does_not_open() -> None:
    """A cloud takes a third of the light within half a minute and stays unnoticed."""
    images = _quiet(40)
    dimmed = (cv2.convertScaleAbs(one, alpha=1 - 0.33 * number / len(images)) for number, one in enumerate(images))
    assert not any(_decisions(np.asarray(image, np.uint8) for image in dimmed)[11:])


def test_moving_camera_opens() -> None:
    """When the whole picture keeps changing nothing can be told, so the detector decides."""
    image, chance = _quiet(1)[0], np.random.default_rng(1)
    moved = (np.asarray(255 * chance.random(image.shape), np.uint8) if number > 15 else image for number in range(40))
    assert _decisions(moved)[-1]


def test_real_road_opens_no_more_than_a_quarter_too_often() -> None:
    """On a real road that is busy 38 % of the time the gate is open for at most 1.25 times that."""
    capture = cv2.VideoCapture(str(recording("road_overhead_768x432.mp4")), cv2.CAP_FFMPEG)
    gate, opened, frames = Gate(), 0, 0
    while capture.grab():
        image = np.asarray(capture.retrieve()[1], np.uint8)
        opened += gate.opens(START_US + round(frames / 12.5 * 1e6), image, held=False)
        frames += 1
    assert opened / frames <= 1.25 * 0.38 + 2 * 12.5 / frames
