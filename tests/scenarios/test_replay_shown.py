# SPDX-License-Identifier: Apache-2.0
"""`edge-agent replay --show`: a film of what was seen and decided."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.scenarios.test_replay import replayed

pytestmark = pytest.mark.scenario

_OUTLINE = np.array((60, 180, 255))
_DECISION = np.array((30, 60, 190))
_STREET = "street:demo?stop_s=6&stay_s=16&end_s=26&fps=5"


def _film(file: Path) -> list[NDArray[np.uint8]]:
    # With several threads a decoder that is pressed for time gives pictures that are not finished.
    film = cv2.VideoCapture(str(file), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    pictures = []
    while (read := film.read())[0]:
        pictures.append(np.asarray(read[1], np.uint8))
    return pictures


def _shows(picture: NDArray[np.uint8], colour: NDArray[np.int64]) -> int:
    return int((np.abs(picture.astype(int) - colour).max(axis=2) < 40).sum())


def test_show(tmp_path: Path) -> None:
    """The zone is on every picture, and a decision on those after it was taken and on none before."""
    done = replayed(tmp_path, _STREET, "--out", "events.jsonl", "--show", "film.mp4", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["film"] == "film.mp4"
    pictures = _film(tmp_path / "film.mp4")
    assert len(pictures) == pytest.approx(26 * 5, abs=3)
    assert all(_shows(picture, _OUTLINE) > 500 for picture in pictures)
    decided = [_shows(picture[-84:], _DECISION) > 500 for picture in pictures]
    assert not any(decided[:15])
    assert any(decided[15:])


def test_film_refused(tmp_path: Path) -> None:
    """A place where no film can be written is told by its code; the events are there all the same."""
    done = replayed(tmp_path, _STREET, "--out", "events.jsonl", "--show", "/proc/film.mp4")
    assert done.returncode != 0
    assert "replay-not-shown" in done.stderr
    assert (tmp_path / "events.jsonl").read_text("utf-8")
