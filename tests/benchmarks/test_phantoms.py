# SPDX-License-Identifier: Apache-2.0
"""Nothing parks on an empty Sunday: real frames without a car, as they are and with all that deceives put on them."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.eyes import OURS, detector
from benchmarks.judged.device import Watcher
from benchmarks.judged.films import Film
from benchmarks.workplace import DATA
from edge.contract.problems import ProblemError
from edge.roles.illegal_parking.config import Settings
from edge.vision.source import Image
from edge.vision.sources.dated import taken_us

SUNDAY = DATA / "parking" / "empty_sunday"
EVERYWHERE = [[0.01, 0.05], [0.99, 0.05], [0.99, 0.98], [0.01, 0.98]]
FPS = 5

pytestmark = pytest.mark.skipif(not SUNDAY.is_dir(), reason="needs ../shared/data/parking")


def sunday(begin: int, end: int) -> list[tuple[int, Image]]:
    """Some of the day's frames with their instants."""
    files = sorted(SUNDAY.glob("*.jpg"))[begin:end]
    return [(taken_us(file.stem) or 0, np.asarray(cv2.imread(str(file)), np.uint8)) for file in files]


def played(
    frames: Iterator[tuple[int, Image]] | list[tuple[int, Image]], folder: Path, kind: str, limit_s: float
) -> int:
    """How many stays are opened on a film, with all of the ground as the zone."""
    zone = {"name": "all", "camera": "camera", "polygon": EVERYWHERE, "limit_s": limit_s, "grace_s": limit_s / 4}
    settings = Settings.model_validate({"place": {"code": "0", "name": "-"}, "zones": [zone | {"plate": "no"}]})
    watcher = Watcher(Film("sunday", settings, (), None), folder, kind)
    for at_us, image in frames:
        watcher.look(at_us, image)
    assert watcher.end() == []
    return watcher.opened


@pytest.mark.parametrize("span", [(0, 12), (132, 144)], ids=["dawn", "dusk"])
def test_lamp_heads_at_dawn_and_dusk(span: tuple[int, int], tmp_path: Path) -> None:
    """A lamp's head that looks like a car for half an hour never came, and is no case."""
    try:
        detector(OURS)
    except ProblemError as missing:
        pytest.skip(str(missing))
    assert played(sunday(*span), tmp_path, "onnx", 600.0) == 0


def deceiving(what: str) -> Iterator[tuple[int, Image]]:
    """Twenty-four seconds between two frames, five a second, with one thing more that deceives."""
    (start_us, one), (_, other) = sunday(*((138, 140) if what in {"headlights", "lamp"} else (60, 62)))
    chance, small = np.random.default_rng(3), (640, 360)
    one, other = (np.asarray(cv2.resize(image, small), np.uint8) for image in (one, other))
    y, x = np.mgrid[0:360, 0:640].astype(np.float32)
    for number in range(24 * FPS):
        at_s = number / FPS
        image = np.asarray(cv2.addWeighted(one, 1 - at_s / 24, other, at_s / 24, 0), np.float32)
        if what == "headlights" and 8 <= at_s < 20:
            spot = ((x - 640 * (at_s - 8) / 12) / 80) ** 2 + ((y - 240) / 30) ** 2
            image += 110 * np.exp(-spot)[..., None]
        elif what == "lamp" and at_s >= 8:
            image += 160 * np.exp(-(((x - 485) / 9) ** 2 + ((y - 228) / 6) ** 2))[..., None]
        elif what == "shadow":
            image[(abs(x - 150 - 12 * at_s) < 25) & (y > 120)] *= 0.55
        elif what == "exposure" and at_s >= 10:
            image *= 1.3 if at_s < 16 else 0.8
        elif what == "rain":
            streaks = chance.random((360, 640)) < 0.004
            image[np.asarray(cv2.dilate(streaks.astype(np.uint8), np.ones((7, 1), np.uint8)), bool)] += 60
        image += chance.normal(0, 2, image.shape[:2])[..., None]
        yield start_us + round(at_s * 1e6), np.asarray(np.clip(image, 0, 255), np.uint8)


@pytest.mark.parametrize("what", ["shadow", "headlights", "lamp", "exposure", "rain"])
def test_what_deceives_a_detector_without_a_model(what: str, tmp_path: Path) -> None:
    """A shadow that wanders, headlights, a lamp that lights up, exposure that jumps and rain make no case."""
    assert played(deceiving(what), tmp_path, "motion", 8.0) == 0
