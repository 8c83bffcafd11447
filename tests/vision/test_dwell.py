# SPDX-License-Identifier: Apache-2.0
"""How long somebody stood, by the times frames were taken: neither lost frames nor a restart change it."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.judged.device import Watcher
from benchmarks.judged.films import Film
from edge.roles.illegal_parking.config import Settings
from edge.vision.source import Image
from edge.vision.sources.street.painter import Painter
from edge.vision.sources.street.scenario import Scenario, read_scenario
from edge.vision.sources.street.truth import NO_STOPPING_ZONE
from tests.vision.scene import START_US

FPS = 5.0
ZONE = {
    "name": "kerb",
    "camera": "kerb",
    "polygon": NO_STOPPING_ZONE,
    "limit_s": 10,
    "grace_s": 2,
    "photo_interval_s": 3,
}


def _film(scenario: Scenario, kept: Callable[[int], bool]) -> Iterator[tuple[float, Image]]:
    """What is kept of it, from the beginning until the car has been gone for some seconds."""
    painter = Painter(scenario)
    for number in range(round((scenario.leave_s + 8) * FPS)):
        if kept(number):
            yield number / FPS, painter.paint(number / FPS)


def _every_second(number: int) -> bool:
    return number % 2 == 0


def _one_in_two(number: int) -> bool:
    return random.Random(number + 1_000).random() < 0.5


@pytest.mark.parametrize("kept", [_every_second, _one_in_two])
def test_dwell_with_half_the_frames_and_a_restart(tmp_path: Path, kept: Callable[[int], bool]) -> None:
    """Half the frames are lost, agent and worker start anew while the car stands: its dwell is right to a second."""
    scenario = read_scenario("street:demo?stop_s=12&stay_s=18&cars=1")
    settings = Settings.model_validate({"place": {"code": "1", "name": "Harbour Road"}, "zones": [ZONE]})
    watcher = Watcher(Film("street", settings, (), None), tmp_path, "motion")
    restart_s = scenario.stop_s + 9
    for at_s, image in _film(scenario, kept):
        if at_s > restart_s:
            watcher.restart()
            restart_s = float("inf")
        watcher.look(START_US + round(at_s * 1e6), image)
    (case,) = watcher.end()
    assert case.dwell_s == pytest.approx(18, abs=1.0)
    assert watcher.opened == 1
