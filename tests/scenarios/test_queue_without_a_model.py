# SPDX-License-Identifier: Apache-2.0
"""A stop-and-go queue before a camera without a model: the pipeline as on the device, and the role on what it tells."""

from pathlib import Path

import pytest

from benchmarks.judged.device import Watcher
from benchmarks.judged.films import Film
from edge.roles.illegal_parking.config import Settings
from edge.vision.sources.street.painter import Painter
from edge.vision.sources.street.scenario import read_scenario
from edge.vision.sources.street.truth import NO_STOPPING_ZONE

FPS = 5
START_US = 1_785_000_000_000_000

pytestmark = pytest.mark.scenario


def watched(source: str, from_s: int, to_s: int, folder: Path) -> Watcher:
    """The device after a part of a simulated street, with a limit shorter than any that is allowed in earnest."""
    zone = {"name": "kerb", "camera": "east", "polygon": NO_STOPPING_ZONE, "limit_s": 40, "grace_s": 30, "plate": "no"}
    settings = Settings.model_validate({"place": {"code": "0", "name": "-"}, "zones": [zone]})
    watcher = Watcher(Film("street", settings, (), None), folder, "motion")
    painter = Painter(read_scenario(source))
    for number in range(from_s * FPS, to_s * FPS):
        watcher.look(START_US + round(number / FPS * 1e6), painter.paint(number / FPS))
    return watcher


def test_stop_and_go_makes_no_case(tmp_path: Path) -> None:
    """A piece of the queue that the detector takes for a car of its own is let go when others drive through it."""
    watcher = watched("street:busy?seed=7", 0, 245, tmp_path)
    assert (watcher.end(), watcher.opened) == ([], 0)


def test_a_parker_in_traffic_has_its_case(tmp_path: Path) -> None:
    """Cars that pass beside one that parks take nothing away from it."""
    watcher = watched("street:demo?stop_s=8&stay_s=60&cars=6&seed=7", 0, 75, tmp_path)
    (case,) = watcher.end()
    assert 57 <= case.dwell_s <= 62
