# SPDX-License-Identifier: Apache-2.0
"""A parking lot from picture to event: `edge-agent replay` over real frames, and over a simulated kerb with spaces."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.eyes import OURS
from benchmarks.judged.slots import labelled
from benchmarks.workplace import DATA
from edge.contract.envelope import CloudEvent
from edge.contract.parking import OCCUPANCY_TYPE, SNAPSHOT_TYPE, ParkingSnapshot, SpaceOccupancy

DEVICE = """
models = [{models}]
[device]
name = "mast-1"
[[link.brokers]]
host = "127.0.0.1"
[store]
folder = "data"
[[cameras]]
name = "lot"
source = "street:quiet"
gate = false
fps = {fps}
detector = {detector}
[roles.parking]
place = {{ code = "1", name = "Harbour lot" }}
every_s = 1
occupied_after_s = 2
free_after_s = 2
snapshot_s = 10
zones = [{{ name = "north" }}]
"""
SPACES = (
    ((0.26, 0.68), (0.41, 0.68), (0.40, 0.80), (0.24, 0.80)),
    ((0.42, 0.68), (0.58, 0.68), (0.58, 0.80), (0.42, 0.80)),
    ((0.59, 0.68), (0.73, 0.68), (0.75, 0.80), (0.60, 0.80)),
)
pytestmark = pytest.mark.scenario


def replayed(
    folder: Path, source: str, spaces: Mapping[str, Any], *, detector: str, models: str = "", fps: int = 1
) -> list[CloudEvent]:
    """What the role says of a recording of these spaces."""
    config = folder / "device.toml"
    rows = [
        f'[[roles.parking.spaces]]\nname = "{name}"\ncamera = "lot"\nzone = "north"\npolygon = {json.dumps(corners)}\n'
        for name, corners in spaces.items()
    ]
    config.write_text(DEVICE.format(detector=detector, models=models, fps=fps) + "\n".join(rows), "utf-8")
    out = folder / "events.jsonl"
    command = [sys.executable, "-m", "edge.agent.main", "replay", "--config", str(config), "--source", source]
    env = {"LANG": "C.UTF-8", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [*command, "--out", str(out)], capture_output=True, text=True, check=False, cwd=folder, env=env
    )
    assert done.returncode == 0, done.stderr
    return [CloudEvent.model_validate_json(line) for line in out.read_text("utf-8").splitlines()]


def occupancies(events: Sequence[CloudEvent]) -> list[SpaceOccupancy]:
    """What was said of spaces; that nobody knows them once the recording has ended is left out."""
    said = [SpaceOccupancy.model_validate(event.data) for event in events if event.type == OCCUPANCY_TYPE]
    return [one for one in said if one.state != "unknown"]


@pytest.mark.skipif(not (DATA / "parking").is_dir(), reason="real frames are not here (../shared/data/parking)")
def test_a_morning_of_real_frames_is_told_as_people_have_labelled_it(tmp_path: Path) -> None:
    """The last frame of the sequence, held for some seconds: every space of 40 as its label says."""
    frame = [one for one in labelled(DATA / "parking") if one.file.parent.parent.name == "sequence3"][-1]
    film = tmp_path / "film"
    film.mkdir()
    for number in range(12):
        (film / f"{number:03d}{frame.file.suffix}").symlink_to(frame.file)
    spaces = {f"s{name}": [(x / 1280, y / 720) for x, y in corners] for name, corners, _ in frame.spaces}
    detector = f'{{ kind = "onnx", model = "{OURS}", threshold = 0.15 }}'
    models = json.dumps(str((DATA / "models").resolve()))
    events = replayed(tmp_path, str(film), spaces, detector=detector, models=models)
    assert {one.space: one.state for one in occupancies(events)} == {
        f"s{name}": "occupied" if busy else "free" for name, _, busy in frame.spaces
    }
    counted = [
        Counter(space.state for space in ParkingSnapshot.model_validate(event.data).spaces)
        for event in events
        if event.type == SNAPSHOT_TYPE
    ]
    assert Counter(occupied=24, free=16) in counted


def test_a_car_comes_to_a_simulated_kerb_and_leaves(tmp_path: Path) -> None:
    """Only the space it stands in is told occupied, and the stay is as long as the street says."""
    spaces = {"west": SPACES[0], "middle": SPACES[1], "east": SPACES[2]}
    source = "street:demo?stop_s=8&stay_s=12&end_s=36"
    events = replayed(tmp_path, source, spaces, detector='{ kind = "motion" }', fps=4)
    said = occupancies(events)
    assert [one.state for one in said if one.space == "middle"] == ["free", "occupied", "free"]
    assert {one.state for one in said if one.space != "middle"} == {"free"}
    assert said[-1].stayed_s == pytest.approx(12, abs=3)
