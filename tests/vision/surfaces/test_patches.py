# SPDX-License-Identifier: Apache-2.0
"""What one look says of a change: matter, light, or water that gathers."""

import numpy as np
import pytest

from edge.vision.surfaces.memory import Memory
from edge.vision.surfaces.patches import Patch, find_patches
from tests.vision.scene import START_US

PLACE = np.s_[20:26, 30:40]
SHADE = np.array((-0.40, -0.44, -0.48), np.float32)
MIRROR = np.array((0.35, 0.25, 0.18), np.float32)


def looked(memory: Memory) -> Patch:
    """The only change, in its place, which came just behind something."""
    cells = np.zeros(memory.busy.shape, np.bool_)
    cells[PLACE] = True
    memory.hold(cells, START_US)
    (patch,) = find_patches(memory, np.ones_like(cells), 110.0)
    return patch


@pytest.mark.parametrize(("around", "matter"), [(0, True), (20, False)])
def test_what_changes_with_its_surroundings_is_their_light(around: int, *, matter: bool) -> None:
    """A place that a lorry has just left, alone as dark as it is, or in the shade of a cloud as all around it is."""
    memory = Memory(np.ones((60, 90), np.bool_))
    memory.off[20 - around : 26 + around, 30 - around : 40 + around] = SHADE
    assert looked(memory).matter is matter


@pytest.mark.parametrize(("later", "matter", "swells"), [(0, True, False), (2, False, False), (6, False, True)])
def test_what_mirrors_the_sky_and_grows_is_a_puddle(later: int, *, matter: bool, swells: bool) -> None:
    """Of ten columns some were seen dry when the others were wet already; what is lost is there at once."""
    memory = Memory(np.ones((60, 90), np.bool_))
    memory.off[PLACE] = MIRROR
    memory.clear_us[20:26, 40 - later : 40] = START_US + 5_000_000
    patch = looked(memory)
    assert (patch.matter, patch.swells) == (matter, swells)
