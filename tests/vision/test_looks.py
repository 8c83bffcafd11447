# SPDX-License-Identifier: Apache-2.0

import numpy as np
import pytest

from edge.core.geometry import Box
from edge.vision.likeness import DIFFERENT, SAME, Portrait, likeness
from edge.vision.looks import look_at
from edge.vision.source import Image
from tests.vision.lot import Standing, darker, lit, painted, shadowed

PLACE = Box(0.42, 0.5, 0.58, 0.66)
PICTURE = painted([Standing(1, PLACE)])


def alike(one: Image, other: Image, box: Box = PLACE) -> float:
    mine, theirs = look_at(one, PLACE), look_at(other, box)
    assert mine is not None
    assert theirs is not None
    return likeness(mine, theirs)


@pytest.mark.parametrize(
    "changed", [PICTURE, darker(PICTURE), shadowed(PICTURE), lit(PICTURE, 0.45, 0.62), lit(darker(PICTURE), 0.55, 0.6)]
)
def test_light_changes_no_look(changed: Image) -> None:
    """Dusk with a tinted lamp, a house's shadow across the car, a headlight on it: it is still the same."""
    assert alike(PICTURE, changed) >= SAME


def test_another_car_looks_different() -> None:
    """A different car in the very same place, and the bare ground, are told from the one that was there."""
    assert alike(PICTURE, painted([Standing(2, PLACE)])) <= DIFFERENT
    assert alike(PICTURE, painted([])) <= DIFFERENT


def test_two_pixels_aside_is_still_the_same() -> None:
    """A camera on a pole that sways."""
    aside = Box(PLACE.left + 2 / 640, PLACE.top, PLACE.right + 2 / 640, PLACE.bottom)
    assert alike(PICTURE, PICTURE, aside) >= SAME


@pytest.mark.parametrize("box", [Box(0.5, 0.5, 0.505, 0.6), Box(-0.1, 0.5, 0.1, 0.7), Box(0.4, 0.9, 0.6, 1.1)])
def test_what_shows_too_little_has_no_look(box: Box) -> None:
    """A few pixels, or a box that the picture's edge cuts: nothing is said rather than something wrong."""
    assert look_at(PICTURE, box) is None


def test_a_black_night_has_no_look() -> None:
    """Where nothing is to be seen, noise is not taken for another car."""
    night = np.random.default_rng(1).integers(0, 3, PICTURE.shape).astype(np.uint8)
    assert look_at(night, PLACE) is None


def test_a_portrait_knows_its_object_by_day_and_by_lamp() -> None:
    """After a sudden change of light both looks are kept, and after many slow ones it is still known."""
    day, lamp = look_at(PICTURE, PLACE), look_at(lit(PICTURE, 0.5, 0.58, radius=0.04), PLACE)
    assert day is not None
    assert lamp is not None
    portrait = Portrait(0, day)
    portrait.renew(1, lamp)
    for number in range(20):
        portrait.renew(2 + number, lamp)
    assert portrait.likeness([day]) == pytest.approx(1.0, abs=0.1)
    assert portrait.likeness([lamp]) == pytest.approx(1.0, abs=0.1)
