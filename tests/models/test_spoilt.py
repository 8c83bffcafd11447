# SPDX-License-Identifier: Apache-2.0
"""Spoilt lots: whatever is done to a picture, its outlines still lie where they lay on the ground."""

import cv2
import numpy as np
import pytest

from models.training.spaces.lots import Bytes, Points, Scene, Space
from models.training.spaces.spoilt import SPOILINGS, Tally, tally

CORNERS = np.array([(220, 150), (330, 150), (350, 230), (230, 230)], np.float32)


def lot() -> Scene:
    """Grey ground with one bright space."""
    image = np.full((360, 640, 3), 70, np.uint8)
    cv2.fillPoly(image, [CORNERS.astype(np.int32)], (210, 210, 210))
    return Scene("day", image, (Space(CORNERS, occupied=True), Space(CORNERS + 120, occupied=False)))


def brightness(image: Bytes, corners: Points) -> tuple[float, float]:
    """Inside an outline, and of the whole picture."""
    inside = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(inside, [corners.astype(np.int32)], (1,))
    return float(image[inside == 1].mean()), float(image.mean())


@pytest.mark.parametrize("name", SPOILINGS)
def test_a_spoilt_lot_keeps_its_spaces(name: str) -> None:
    """The bright space is still the bright one under its outline, and every space is labelled as before."""
    before = lot()
    after = SPOILINGS[name](before, np.random.default_rng(1))
    inside, whole = brightness(after.image, after.spaces[0].corners)
    assert inside > 1.3 * whole
    assert [space.occupied for space in after.spaces] == [True, False]
    assert (before.image == lot().image).all()


def test_a_tally_tells_missed_from_made_up() -> None:
    """A model that sees cars everywhere misses none and makes one up; F1 follows from both."""
    found = tally([lot()], lambda cuts: np.ones(len(cuts), np.float32))
    assert (found.spaces, found.missed, found.made_up) == (2, 0, 1)
    assert found.f1 == pytest.approx(2 / 3)
    assert Tally(40, 0, 0, 0).f1 == 1
