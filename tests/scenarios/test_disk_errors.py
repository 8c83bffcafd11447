# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from tests.faults import disk_errors
from tests.faults.strace import why_no_strace

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

SEED = 13
SCALE = 0.03


@pytest.mark.skipif(bool(why_no_strace()), reason=why_no_strace())
def test_disk_error_at_a_write(tmp_path: Path) -> None:
    """EIO or ENOSPC from any one write: refused by name, nothing acknowledged is lost, and the store goes on after."""
    tally = disk_errors.play(SEED, SCALE, tmp_path)
    assert tally.faults > 30
    assert tally.clean
