# SPDX-License-Identifier: Apache-2.0
"""The motion gate opens for what moves and for nothing else."""

import random
from collections.abc import Callable, Iterable, Iterator

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


ARRIVALS = (55, 180, 315)
"""Frames of the overhead road at which vehicles come into the empty picture, by difference to the clip's median."""
TRUE_SHARE = 0.398
"""Of its frames show a vehicle, by the same."""


def test_real_road_opens_no_more_than_a_quarter_too_often() -> None:
    """On a real road that is busy 40 % of the time the gate opens for each arrival, and at most 1.25 times as long."""
    film = str(recording("road_overhead_768x432.mp4"))
    capture = cv2.VideoCapture(film, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    gate = Gate()
    opened: list[bool] = []
    while capture.grab():
        image = np.asarray(capture.retrieve()[1], np.uint8)
        opened.append(gate.opens(START_US + round(len(opened) / 12.5 * 1e6), image, held=False))
    assert sum(opened) / len(opened) <= 1.25 * TRUE_SHARE
    for arrival in ARRIVALS:
        assert not any(opened[arrival - 5 : arrival - 2])
        assert any(opened[arrival : arrival + 4])


def _night(level: int = 40) -> Iterator[Image]:
    """An infrared picture of an empty street, whose noise is never the same."""
    chance = np.random.default_rng(3)
    street = cv2.convertScaleAbs(cv2.cvtColor(_quiet(1)[0], cv2.COLOR_BGR2GRAY), alpha=level / 120)
    while True:
        grey = cv2.add(street, chance.integers(0, 4, street.shape, np.uint8))
        yield np.asarray(cv2.merge((grey, grey, grey)), np.uint8)


def _night_decisions(draw: Callable[[int, Image], None], seconds: int = 20) -> list[bool]:
    night, images = _night(), []
    for number in range(round(seconds * FPS)):
        image = next(night)
        if number > 15:
            draw(number, image)
        images.append(image)
    return _decisions(images)[16:]


def test_insects_at_the_lamp_do_not_open() -> None:
    """What is large and bright, and now here, now there, opens the gate in fewer than one of ten frames."""
    chance = random.Random(5)

    def insect(_: int, image: Image) -> None:
        middle = (chance.randrange(image.shape[1]), chance.randrange(image.shape[0]))
        cv2.ellipse(
            image, middle, (chance.randrange(15, 90), chance.randrange(10, 40)), 30, 0, 360, (200, 200, 200), -1
        )

    decisions = _night_decisions(insect)
    assert sum(decisions) < 0.1 * len(decisions)


def test_car_at_night_opens_within_a_second() -> None:
    """A car with its lights on drives on from look to look, and is let through."""

    def car(number: int, image: Image) -> None:
        x = (number - 16) * 60
        cv2.rectangle(image, (x, 400), (x + 180, 500), (90, 90, 90), -1)
        cv2.circle(image, (x + 180, 460), 20, (250, 250, 250), -1)

    decisions = _night_decisions(car, 7)
    assert any(decisions[:5])
    assert sum(decisions) > 0.7 * len(decisions)


def test_rain_does_not_open() -> None:
    """Streaks all over the picture are thin, and each is there for one frame only."""
    chance = random.Random(6)

    def rain(_: int, image: Image) -> None:
        for _streak in range(120):
            x, y = chance.randrange(image.shape[1]), chance.randrange(image.shape[0])
            cv2.line(image, (x, y), (x + 3, y + 40), (120, 120, 120), 1)

    decisions = _night_decisions(rain)
    assert sum(decisions) < 0.1 * len(decisions)


def test_change_to_infrared_does_not_open() -> None:
    """In the evening a camera goes over to infrared light between two frames; for a second or two at most it opens."""
    night = _night(60)
    images = [*_quiet(6), *(next(night) for _ in range(50))]
    assert sum(_decisions(images)[11:]) <= 10
