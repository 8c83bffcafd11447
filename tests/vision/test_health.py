# SPDX-License-Identifier: Apache-2.0
"""A camera that no longer sees its street says so within half a minute, and one that does never does."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.vision.health import Finding, Health
from edge.vision.source import Image
from edge.vision.sources.street.painter import Painter
from edge.vision.sources.street.scenario import read_scenario
from tests.vision.scene import START_US

Change = Callable[[Image], Image]
WARM_S, WITHIN_S = 20, 30


@cache
def _street(second: int) -> Image:
    painter = Painter(read_scenario("street:demo"))
    return np.asarray(cv2.resize(painter.paint(float(second)), (640, 360), interpolation=cv2.INTER_AREA), np.uint8)


def _noisy(image: Image) -> Image:
    return np.asarray(
        cv2.add(image, np.random.default_rng(image[::9].sum()).integers(0, 4, image.shape, np.uint8)), np.uint8
    )


def _play(change: Change, health: Health | None = None, back_s: int = 10) -> list[tuple[int, str]]:
    """Twenty seconds as usual, thirty that are changed, and a while as usual again: what is told, and when."""
    health = health or Health()
    told: list[tuple[int, str]] = []
    for second in range(WARM_S + WITHIN_S + back_s):
        image = _noisy(_street(second % 12))
        if WARM_S <= second < WARM_S + WITHIN_S:
            image = change(image)
        found = health.look(START_US + second * 1_000_000, image)
        told += [(second - WARM_S, found.view)] if found else []
    return told


def _covered(image: Image) -> Image:
    return np.asarray(88 + image % 4, np.uint8)


def _turned(image: Image) -> Image:
    return np.asarray(image[::-1, ::-1], np.uint8)


def _blurred(image: Image) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 4), np.uint8)


def _dark(image: Image) -> Image:
    return np.asarray(image // 40, np.uint8)


def _frozen(_: Image) -> Image:
    return _street(3)


def _snow(image: Image) -> Image:
    chance = np.random.default_rng(image[::7].sum())
    return np.asarray(cv2.resize(chance.integers(0, 255, (180, 320, 3), np.uint8), (640, 360)), np.uint8)


@pytest.mark.parametrize(
    ("change", "view"),
    [
        (_covered, "covered"),
        (_turned, "turned"),
        (_blurred, "blurred"),
        (_dark, "dark"),
        (_frozen, "frozen"),
        (_snow, "frozen"),
    ],
)
def test_loss_of_view_is_told_and_taken_back(change: Change, view: str) -> None:
    """What happens to a lens is told once within thirty seconds, and that it is over within ten."""
    first, lost, back = _play(change)
    assert first[1] == "clear"
    assert lost[1] == view
    assert 0 <= lost[0] < WITHIN_S
    assert back[1] == "clear"
    assert WITHIN_S <= back[0] < WITHIN_S + 10


def _infrared(image: Image) -> Image:
    grey = cv2.convertScaleAbs(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), alpha=0.4)
    return _noisy(np.asarray(cv2.merge((grey, grey, grey)), np.uint8))


def _dusk(image: Image) -> Image:
    return np.asarray(cv2.convertScaleAbs(image, alpha=0.3), np.uint8)


@pytest.mark.parametrize("change", [_noisy, _infrared, _dusk])
def test_night_is_not_a_lost_view(change: Change) -> None:
    """Traffic, the change to infrared light and the dusk leave the view what it is."""
    assert [view for _, view in _play(change)] == ["clear"]


def test_clock_of_a_frozen_picture_runs_on() -> None:
    """A picture that stands still but for the time written into it is frozen all the same."""
    seconds = iter(range(100))

    def stamped(_: Image) -> Image:
        image = _street(3).copy()
        cv2.putText(image, f"12:00:{next(seconds):02}", (10, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255))
        return image

    assert [view for _, view in _play(stamped)] == ["clear", "frozen", "clear"]


def test_turned_while_nobody_looked(tmp_path: Path) -> None:
    """What is usual outlives the worker: a camera that was turned in between is found out by the next one."""
    _play(_noisy, Health(tmp_path))
    after, told = Health(tmp_path), []
    for second in range(WITHIN_S):
        found = after.look(START_US + second * 1_000_000, _turned(_noisy(_street(second % 12))))
        told += [found] if isinstance(found, Finding) else []
    assert [one.view for one in told] == ["turned"]
