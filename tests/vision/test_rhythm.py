# SPDX-License-Identifier: Apache-2.0
"""How often a camera is looked at, whatever the rate of its frames."""

import random

import pytest

from edge.vision.rhythm import Rhythm

FPS = 5.0
PERIOD_US = 200_000


@pytest.mark.parametrize("camera_fps", [5.0, 6.25, 8.0, 12.5, 15.0, 25.0, 29.97])
def test_rate_is_kept_on_average(camera_fps: float) -> None:
    """Of frames that come a little early or late five a second are taken, although five is no part of their rate."""
    rhythm, chance = Rhythm(), random.Random(1)
    times_us = [round((number / camera_fps + chance.uniform(-0.004, 0.004)) * 1e6) for number in range(1, 1000)]
    taken = sum(rhythm.wants(at_us, FPS) for at_us in times_us)
    assert taken == pytest.approx(999 / camera_fps * FPS, rel=0.01)
    assert rhythm.dropped == 0


def test_late_look_costs_nothing_a_missed_one_is_told() -> None:
    """One look that came late is made up for; of more what was missed is counted, and not made up for in a rush."""
    rhythm = Rhythm()
    assert rhythm.wants(0, FPS)
    assert rhythm.due(PERIOD_US, FPS)
    rhythm.take(PERIOD_US * 5 // 2, FPS)
    assert rhythm.wants(PERIOD_US * 5 // 2 + 1, FPS)
    assert not rhythm.due(PERIOD_US * 5 // 2 + 2, FPS)
    assert rhythm.dropped == 0
    assert rhythm.due(3 * PERIOD_US, FPS)
    rhythm.take(6 * PERIOD_US + 1, FPS)
    assert rhythm.dropped == 3
    assert not rhythm.due(6 * PERIOD_US + 100_000, FPS)


def test_slow_camera_drops_nothing() -> None:
    """A camera that gives fewer frames than are wanted has lost none."""
    rhythm = Rhythm()
    assert all(rhythm.wants(number * 5 * PERIOD_US, FPS) for number in range(10))
    assert rhythm.dropped == 0


def test_rate_may_change_at_any_time() -> None:
    """When something moves, the next frame is due at the new rate, counted from the last one that was."""
    rhythm = Rhythm()
    assert rhythm.wants(0, 2.0)
    assert not rhythm.due(240_000, 2.0)
    assert rhythm.due(240_000, FPS)
