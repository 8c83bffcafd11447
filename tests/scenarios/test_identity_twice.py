# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from tests.faults import identity

pytestmark = [pytest.mark.scenario, pytest.mark.broker, pytest.mark.slow]


def test_two_devices_of_one_name(folder: Path) -> None:
    """They put each other out, say so, call seldom, and nothing of either is lost, doubled or disordered."""
    tally = identity.play(3, 0.05, folder)
    assert tally.clean, tally
    assert tally.faults >= 6
