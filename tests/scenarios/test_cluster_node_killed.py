# SPDX-License-Identifier: Apache-2.0
import os
from pathlib import Path

import pytest

from tests.faults.cluster import play, why_no_cluster

pytestmark = [pytest.mark.scenario, pytest.mark.broker, pytest.mark.slow]

SEED = 5
SCALE = 0.01


@pytest.mark.timeout(1500)
@pytest.mark.skipif(bool(why_no_cluster()), reason=why_no_cluster())
def test_cluster_node_killed(folder: Path) -> None:
    """Of three nodes each dies under load and one stands still: nothing is lost or doubled, and no process stays."""
    tally = play(SEED, SCALE, folder)
    assert tally.clean, tally.figures()
    assert tally.faults == 4
    assert tally.accepted > 200
    assert not _living_in(folder)


def _living_in(folder: Path) -> list[str]:
    """Processes that carry the folder's name in their environment, as all that the cluster starts does."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
        except OSError:
            continue  # gone meanwhile, or somebody else's
        if os.fsencode(folder) in environment:
            found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found
