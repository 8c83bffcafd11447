# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from tests.faults import power_cut
from tests.faults.loop_image import why_no_loop_image

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

SEED = 7
CUTS = 24


@pytest.fixture(autouse=True)
def _a_disk_to_cut_from() -> None:
    """Skip where there can be none, and say why."""
    if reason := why_no_loop_image():
        pytest.skip(reason)


def test_power_cut(tmp_path: Path) -> None:
    """At whatever moment power goes: all that was acknowledged is on the disk, once, in order, and nothing else is."""
    tally = power_cut.play(SEED, CUTS / power_cut.CUTS, tmp_path)
    assert tally.faults == CUTS
    assert tally.accepted > 0
    assert tally.clean


def test_power_cut_on_a_store_that_trusts_the_page_cache(tmp_path: Path) -> None:
    """The same cuts find what a store loses that acknowledges before its fsync: the cuts do cut."""
    assert power_cut.control(SEED, tmp_path).lost > 0
