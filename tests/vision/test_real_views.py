# SPDX-License-Identifier: Apache-2.0
"""A real motorway and a real road from straight above lose their view in the ways that are hard to see. Skips without.

All sizes of strength are judged by `python -m benchmarks accuracy health`; here stand the weakest that must be told.
"""

import copy
from functools import cache

import pytest

from benchmarks.judged.mishaps import Happening, controls, framed, losses
from benchmarks.judged.views import Scene, scenes
from benchmarks.workplace import DATA
from edge.vision.health import Health
from edge.vision.source import Image
from tests.vision.scene import START_US, recording

KNOWN_S, WITHIN_S = 45, 30


@cache
def _clips() -> dict[str, Scene]:
    return {scene.name: scene for scene in scenes(DATA, clips_only=True)}


@cache
def _watched(name: str, turned: bool) -> Health:
    health = Health()
    for second in range(KNOWN_S):
        health.look(START_US + second * 1_000_000, _picture(name, second, turned))
    return health


def _picture(name: str, second: int, turned: bool) -> Image:
    image = _clips()[name].at(second)
    return framed(image) if turned else image


def _told(name: str, happening: Happening, *, turned: bool = False) -> list[str]:
    """What is told of a clip within half a minute of a mishap, or while nothing is lost."""
    recording("highway_frames")
    recording(f"{name}.mp4" if name.endswith("432") else name)
    health, told = copy.deepcopy(_watched(name, turned)), list[str]()
    for second in range(KNOWN_S, KNOWN_S + WITHIN_S):
        image = _clips()[name].at(second)
        found = health.look(START_US + second * 1_000_000, happening(image, float(second - KNOWN_S)))
        told += [found.view] if found else []
    return told


MOTORWAY, ASPHALT = "highway_frames", "road_overhead_768x432"


@pytest.mark.parametrize(
    ("name", "view", "strength"),
    [
        (MOTORWAY, "blurred", "sigma 2"),
        (MOTORWAY, "turned", "shift 5 %"),
        (MOTORWAY, "covered", "60 %"),
        (ASPHALT, "blurred", "sigma 4"),
        (ASPHALT, "turned", "zoom 1.2"),
        (ASPHALT, "covered", "100 %"),
        (ASPHALT, "dark", "6 %"),
    ],
)
def test_loss_of_a_real_view_is_told(name: str, view: str, strength: str) -> None:
    """A soft lens, a camera knocked askew, a hand over half of it: told for what it is, traffic or none."""
    assert _told(name, losses()[view][strength], turned=view == "turned") == [view]


def test_a_frozen_picture_is_told_though_it_is_encoded_anew() -> None:
    """Where something moved each second, a picture that differs by its encoding alone is frozen."""
    assert _told("highway_frames", losses()["frozen"]["encoded anew"]) == ["frozen"]


@pytest.mark.parametrize(
    ("name", "strength"),
    [(MOTORWAY, "lorries"), (MOTORWAY, "exposure"), (MOTORWAY, "sway"), (ASPHALT, "headlights"), (ASPHALT, "rain")],
)
def test_a_real_view_that_is_not_lost_is_clear(name: str, strength: str) -> None:
    """Lorries before the lens, headlights, dusk, rain, exposure, wind and infrared light take nothing away."""
    assert _told(name, controls()[strength]) == []
