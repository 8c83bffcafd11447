# SPDX-License-Identifier: Apache-2.0
"""Pictures that say in their names when they were taken, and folders of them as recordings."""

from pathlib import Path

import cv2
import pytest

from edge.vision.sources.dated import taken_us
from edge.vision.sources.open import open_source
from tests.vision.scene import a_camera, grey

SIX = 1_361_657_700_000_000
"""24 February 2013, 06:15 at +08:00."""


@pytest.mark.parametrize(
    ("name", "us"),
    [
        ("2013-02-24_06_15_00", SIX),
        ("2013-02-24_06_15_00.250", SIX + 250_000),
        ("2013-02-24_06_15_00_250", SIX + 250_000),
        ("east-2013-02-24T06:15:00+08:00", SIX),
        ("2013-02-23T22:15:00Z", SIX),
        ("2013-02-23T22:15:00.5+00:00", SIX + 500_000),
        ("20130224T061500", SIX),
        ("20130224_061500250", None),
        ("1361657700", SIX),
        ("1361657700.25", SIX + 250_000),
        ("1361657700250", SIX + 250_000),
        ("2013-13-24_06_15_00", None),
        ("frame_000123", None),
    ],
)
def test_names_that_say_when(name: str, us: int | None) -> None:
    """Local time unless it says otherwise; a name that says no time is no frame."""
    assert taken_us(name) == us


def folder_of(folder: Path, *names: str) -> None:
    for number, name in enumerate(names, 1):
        cv2.imwrite(str(folder / name), grey(number * 10))


def played(folder: Path, pace: str) -> list[tuple[int, int]]:
    """When each picture comes, and how bright it is."""
    source = open_source(a_camera(str(folder), fps=50, pace=pace))
    frames = list(iter(source.read, None))
    source.close()
    return [(one.at_us, round(one.image.mean())) for one in frames]


def test_dated_pictures_come_at_their_own_times(tmp_path: Path) -> None:
    """In the order of their times, not of their names; a plan of the place among them is none of them."""
    folder_of(tmp_path, "b-2013-02-24_06_15_00.png", "a-2013-02-24_06_20_00.png", "plan.png")
    assert played(tmp_path, "fast") == [(SIX, 10), (SIX + 300_000_000, 20)]


def test_numbered_pictures_are_not_taken_for_dated_ones(tmp_path: Path) -> None:
    """One name that happens to look like a time does not make a recording of one picture."""
    folder_of(tmp_path, "in000001.png", "in000002.png", "in20130224061500.png")
    assert [bright for _, bright in played(tmp_path, "fast")] == [10, 20, 30]


def test_played_live_dated_pictures_do_not_keep_anybody_waiting(tmp_path: Path) -> None:
    """Five minutes between two names are a fiftieth of a second at fifty pictures a second."""
    folder_of(tmp_path, "2013-02-24_06_15_00.png", "2013-02-24_06_20_00.png")
    times = [at_us for at_us, _ in played(tmp_path, "live")]
    assert times[1] - times[0] == 20_000
