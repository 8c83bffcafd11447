# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from tests.faults import crash_points
from tests.faults.strace import why_no_strace

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

SEED = 11
SCALE = 0.03


@pytest.mark.skipif(bool(why_no_strace()), reason=why_no_strace())
def test_killed_at_a_write(tmp_path: Path) -> None:
    """Killed before any one of its writes, renames or fsyncs, a store opens again with all it had acknowledged."""
    tally = crash_points.play(SEED, SCALE, tmp_path)
    assert tally.faults > 30
    assert tally.clean
