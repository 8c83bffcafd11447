# SPDX-License-Identifier: Apache-2.0
import random
import subprocess
import sys
from pathlib import Path

import pytest

from edge.contract.words import Lane
from edge.durable.store import chunk_of
from tests.durable.stores import append, new_row, on_disk, open_bare, opened, quota_of, seqs, usage

KILLS = 32
CAP = 1280 * 1024


@pytest.mark.slow
@pytest.mark.scenario
@pytest.mark.timeout(1500)
def test_writer_killed(tmp_path: Path) -> None:
    """Killed at any moment, ever again on the same store: what was said to be durable is there, once, and adds up."""
    chance = random.Random(20261124)
    with opened(tmp_path):
        pass
    durable = 0
    for _ in range(KILLS):
        durable = max(durable, _write_and_kill(tmp_path, chance.randint(1, 60)))
        with opened(tmp_path) as store:
            assert store.set_aside is None
            rows = list(store.rows(Lane.RECORD, 0, 1_000_000))
            assert [int(row.body) for row in rows] == [row.seq for row in rows] == list(range(1, len(rows) + 1))
            assert durable <= len(rows) <= durable + 1
            assert store.accounts == on_disk(tmp_path)
            for row in store.rows(Lane.BLOB, 0, 1_000_000):
                assert store.blobs.path(chunk_of(row).sha256).exists()
            store.sweep_blobs()
            assert append(store, new_row(key="key 1"))[0].seq == 1


@pytest.mark.slow
@pytest.mark.scenario
@pytest.mark.timeout(1500)
def test_writer_killed_while_it_sheds(tmp_path: Path) -> None:
    """Killed ever again with its cap reached: what is not here was told, in ranges that fit, and the cap holds."""
    chance = random.Random(20261125)
    open_bare(tmp_path).close()
    for _ in range(KILLS // 8):
        durable = _write_and_kill(tmp_path, chance.randint(60, 90), CAP)
        assert usage(tmp_path) <= CAP * 1.02
        with opened(tmp_path, quota=quota_of(CAP)) as store:
            assert store.accounts == on_disk(tmp_path)
            assert durable <= store.accounts[Lane.RECORD].last_seq
            assert store.accounts[Lane.METRIC].shed_rows
            for lane in Lane:
                told = {seq for gap in store.gaps() if gap.lane is lane for seq in range(gap.first, gap.last + 1)}
                assert sorted([*told, *seqs(store, lane)]) == list(range(1, store.accounts[lane].last_seq + 1))


def _write_and_kill(folder: Path, after_lines: int, cap: int = 0) -> int:
    """The last number that was said to be durable."""
    command = [sys.executable, "-m", "tests.durable.killed_writer", str(folder), str(cap)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(after_lines)]
        writer.kill()
        said += writer.stdout.read().splitlines(keepends=True)
    whole = [line for line in said if line.endswith("\n")]
    return int(whole[-1].split()[0])
