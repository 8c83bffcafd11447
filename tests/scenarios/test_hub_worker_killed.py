# SPDX-License-Identifier: Apache-2.0
import random
from pathlib import Path

import pytest

from provisioning.bench.postgres import NEEDED, installed
from tests.faults.workers import SET_UPS, SetUp, play_one

pytestmark = [pytest.mark.scenario, pytest.mark.broker, pytest.mark.slow]

KILLS = 4
SEED = 53


@pytest.mark.parametrize("set_up", SET_UPS, ids=lambda set_up: set_up.name)
def test_workers_killed_under_load(set_up: SetUp, folder: Path) -> None:
    """Whoever dies between gather and ack, worker or database: all is at the hub once, and the devices know it."""
    if set_up.postgres and not installed():
        pytest.skip(f"no PostgreSQL here: {NEEDED}")
    folder.chmod(0o711)
    tally = play_one(set_up, random.Random(SEED), KILLS, folder / "district")
    assert tally.faults > 0
    assert tally.accepted > 1000
    assert tally.clean
