# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from tests.faults import agent

pytestmark = [pytest.mark.scenario, pytest.mark.broker, pytest.mark.slow]


def test_agent_killed(folder: Path) -> None:
    """Killed at 19 random instants behind a bad line and under load, the agent loses, doubles and disorders nothing."""
    tally = agent.play(20260317, 0.08, folder)
    assert tally.clean, tally
    assert tally.faults >= 19
    assert tally.accepted > 300
