# SPDX-License-Identifier: Apache-2.0
import os
import time
from pathlib import Path

import numpy as np

from edge.vision.detectors.background import Background
from edge.vision.detectors.motion import LEARN_LOOKS, MotionDetector
from edge.vision.detectors.recollection import FILE, RECALL_WITHIN_S, Recollection
from edge.vision.source import Image

ROWS, COLUMNS = 200, 360
TOO_OLD_S, NOT_YET_S = RECALL_WITHIN_S + 1.0, -60.0


def road() -> Image:
    """Asphalt with a line, and a little noise that is always the same."""
    picture = np.full((ROWS, COLUMNS, 3), 110, np.uint8)
    picture[150:154] = 220
    noise = np.random.default_rng(1).integers(-2, 3, picture.shape)
    return np.asarray(np.clip(picture + noise, 0, 255), np.uint8)


def with_car() -> Image:
    """The same road with a dark car on it."""
    picture = road()
    picture[90:130, 120:220] = (30, 20, 120)
    return picture


def learnt(folder: Path) -> None:
    """A worker that saw the empty road, and died."""
    detector = MotionDetector(Recollection(folder))
    for _ in range(LEARN_LOOKS + 2):
        detector.detect(road())


def test_next_worker_sees_what_stands(tmp_path: Path) -> None:
    """A car that came to stand while nobody looked is a thing at the second look, and not a part of the road."""
    learnt(tmp_path)
    detector = MotionDetector(Recollection(tmp_path))
    detector.detect(with_car())
    assert len(detector.detect(with_car())) == 1


def test_too_old_or_from_the_future(tmp_path: Path) -> None:
    """Shadows wander: after five minutes, or by a clock that was set back, the road is learnt anew."""
    for age_s in (TOO_OLD_S, NOT_YET_S):
        learnt(tmp_path)
        then = time.time() - age_s
        os.utime(tmp_path / FILE, (then, then))
        assert Recollection(tmp_path).recall(road()) is None


def test_nothing_or_nonsense(tmp_path: Path) -> None:
    """No file, half a file or another camera's size is no recollection, and no failure."""
    assert Recollection(tmp_path / "nowhere").recall(road()) is None
    learnt(tmp_path)
    assert Recollection(tmp_path).recall(road()[::2, ::2]) is None
    whole = (tmp_path / FILE).read_bytes()
    for content in (b"", whole[:50], b"not a picture"):
        (tmp_path / FILE).write_bytes(content)
        assert Recollection(tmp_path).recall(road()) is None


def test_nowhere_to_write(tmp_path: Path) -> None:
    """A folder that cannot be written costs a recollection, not the camera."""
    (tmp_path / "file").touch()
    Recollection(tmp_path / "file").keep(Background([road()]))
