# SPDX-License-Identifier: Apache-2.0
"""What the hub orders of cameras, from a real recording into a real store."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from edge.agent.pictures import PictureDesk
from edge.agent.role_runner import Surroundings
from edge.config.models import Recording
from edge.contract.problems import ProblemError
from edge.contract.words import ClockQuality, Lane
from edge.core.clock import ManualClock, Now, instant
from edge.durable.store import Store
from edge.vision.recorder import Recorder
from tests.durable.stores import open_bare
from tests.vision.scene import START_US, frame

NOW = Now(START_US, 5_000, ClockQuality.SYNCED)
AHEAD_US = 3_600_000_000
"""The worker's clock is an hour behind the right time."""


@dataclass(frozen=True)
class Post:
    """A camera as far as this desk needs it."""

    recording: Path
    name: str = "kerb"
    ahead_us: int = AHEAD_US
    model: str | None = "dongtou_street"
    models: tuple[str, ...] = ()


def _order(folder: Path, name: str, args: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The output, and how many bytes are queued for the hub."""

    async def story() -> tuple[dict[str, Any], int]:
        open_bare(folder).close()
        store = Store.open(folder, asyncio.get_running_loop().call_soon_threadsafe, "boot", NOW)
        unused: Any = None
        around = Surroundings(store, ManualClock(NOW), "pole-1", unused, unused, committed=lambda: None)
        try:
            output = await getattr(PictureDesk(around, cast("Any", [Post(folder / "recording")])), name)(args)
            return output, store.accounts[Lane.BLOB].rows
        finally:
            store.close()

    return asyncio.run(story())


def _record(folder: Path) -> None:
    recorder = Recorder(folder / "recording", Recording())
    for second in range(20):
        recorder.take(frame(second), ())
    recorder.close()


def test_clip_is_cut_by_right_time_and_queued(tmp_path: Path) -> None:
    """The hub asks by its own clock, gets what was recorded then, and the film is on its way as a blob."""
    _record(tmp_path)
    begun, ended = (instant(START_US + AHEAD_US + second * 1_000_000).isoformat() for second in (5, 9))
    output, rows = _order(tmp_path, "clip", {"camera": "kerb", "from": begun, "to": ended})
    assert (output["from"], output["to"], output["frames"]) == (begun, ended, 5)
    assert (tmp_path / "blobs" / output["clip"]["sha256"]).stat().st_size == output["clip"]["size"]
    assert rows >= 1


def test_snapshot_is_the_newest_picture(tmp_path: Path) -> None:
    """A picture of now is the last one that was recorded, by right time."""
    _record(tmp_path)
    output, rows = _order(tmp_path, "snapshot", {"camera": "kerb"})
    assert output["at"] == instant(START_US + AHEAD_US + 19_000_000).isoformat()
    assert output["picture"]["media_type"] == "image/jpeg"
    assert rows == 1


@pytest.mark.parametrize(
    ("name", "args", "code"),
    [
        ("snapshot", {"camera": "roof"}, "command-invalid"),
        ("snapshot", {"camera": "kerb"}, "recording-empty"),
        ("clip", {"camera": "kerb", "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}, "command-invalid"),
    ],
)
def test_what_cannot_be_given_is_refused(tmp_path: Path, name: str, args: dict[str, Any], code: str) -> None:
    """A camera that is not here, one that has recorded nothing, and a clip of a whole day."""
    with pytest.raises(ProblemError) as refused:
        _order(tmp_path, name, args)
    assert refused.value.problem.code == code
