# SPDX-License-Identifier: Apache-2.0
import random
from pathlib import Path

import pytest

from tests.faults import disk_errors
from tests.faults.loop_image import why_no_loop_image
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


@pytest.mark.skipif(bool(why_no_loop_image()), reason=why_no_loop_image())
def test_disk_that_fails_and_works_again(tmp_path: Path) -> None:
    """A disk that could not keep what it took: what is acknowledged after it works again is there after a power cut."""
    tally = disk_errors.fail_disks(random.Random(SEED), 4, tmp_path)
    assert tally.accepted > 0
    assert tally.clean
