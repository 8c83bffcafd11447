# SPDX-License-Identifier: Apache-2.0
"""What `edge-agent replay` says before anything is played; whole replays are among the scenarios."""

from pathlib import Path

import pytest

from edge.agent.main import main
from edge.agent.replay import Replay
from tests.agent.verbs.test_check import DEVICE, device


def replayed(folder: Path, out: Path) -> int:
    return main(["replay", "--config", str(device(folder, DEVICE)), "--source", "street:quiet", "--out", str(out)])


@pytest.fixture(autouse=True)
def nothing_is_played(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recording that is over at once, in English."""

    async def play(*_: object) -> None:
        return None

    monkeypatch.setattr(Replay, "play", play)
    monkeypatch.setenv("DONGTOU_LANG", "en")


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    """Whoever names a file for the events need not make its folder first."""
    assert replayed(tmp_path, tmp_path / "runs/today/events.jsonl") == 0
    assert (tmp_path / "runs/today/events.jsonl").read_bytes() == b""


@pytest.mark.parametrize("place", ["password/events.jsonl", "."], ids=["below-a-file", "a-folder"])
def test_a_place_that_cannot_be_written_is_told(place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The place, the reason and a next step, and no traceback."""
    assert replayed(tmp_path, tmp_path / place) == 1
    said = capsys.readouterr().err
    assert str(tmp_path / place) in said
    assert "[replay-out-refused]" in said
