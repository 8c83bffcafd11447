# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from edge.contract.problems import Language, ProblemError
from provisioning.bench.broker import Broker
from provisioning.bench.folder_lock import hold
from provisioning.bench.world import World


def test_two_benches_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second bench is told at once and starts nothing: no second broker writes into the first one's store."""
    hold(tmp_path, "bench.lock")
    started: list[Broker] = []
    monkeypatch.setattr(Broker, "start", started.append)
    with pytest.raises(ProblemError) as wrong, World(tmp_path, Language.EN):
        pass
    assert wrong.value.problem.code == "hub-folder-busy"
    assert wrong.value.problem.detail["folder"] == str(tmp_path)
    assert started == []


@pytest.mark.broker
def test_a_folder_is_free_again_once_its_bench_has_ended(tmp_path: Path) -> None:
    """A bench goes on from the folder of an earlier one."""
    for _ in range(2):
        with World(tmp_path, Language.EN) as world:
            assert world.record.received() == 0
