# SPDX-License-Identifier: Apache-2.0
"""Traffic and crowds from pixels to events: `edge-agent replay` on scenes of known truth, by the motion detector."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edge.vision.sources.street.scenario import Scenario, read_scenario
from edge.vision.sources.street.scenes import square, traffic
from edge.vision.sources.street.stage import HEIGHT_PX, WIDTH_PX

pytestmark = pytest.mark.scenario

DEVICE = """
[device]
name = "pole-1"
[[link.brokers]]
host = "127.0.0.1"
[store]
folder = "data"
[[cameras]]
name = "east"
source = "street:quiet"
fps = 5
evidence = { every_s = 60, width = 320 }
"""


def _lane(lane: traffic.Lane, top_px: float, bottom_px: float) -> dict[str, Any]:
    top, bottom, foot = (y / HEIGHT_PX for y in (top_px, bottom_px, lane.foot_px))
    ends = [(0.1, foot), (0.9, foot)]
    return {
        "name": lane.name,
        "polygon": [(0, top), (1, top), (1, bottom), (0, bottom)],
        "direction": ends if lane.heading > 0 else ends[::-1],
        "line": [(traffic.COUNT_PX / WIDTH_PX, top), (traffic.COUNT_PX / WIDTH_PX, bottom)],
        "stop_line": [(x / WIDTH_PX, y) for x in (traffic.STOP_LINE_PX,) for y in (top, bottom)]
        if lane is traffic.EAST
        else None,
    }


ROLES: dict[str, Any] = {
    "traffic_flow": {
        "place": {"code": "1", "name": "Harbour Road"},
        "summary_min": 60,
        "roads": [
            {
                "name": "harbour-road",
                "camera": "east",
                "ground": traffic.pins(),
                "stopped_s": 8,
                "levels": {"over_s": 5, "hold_s": 4},
                "lanes": [
                    _lane(traffic.WEST, 262, 354),
                    _lane(traffic.EAST, 354, 462),
                    _lane(traffic.KERB, 462, 570),
                ],
            }
        ],
    },
    "crowd": {
        "place": {"code": "1", "name": "Harbour"},
        "summary_min": 60,
        "sites": [
            {
                "name": "square",
                "gates": [{"name": "west", "camera": "east", "line": square.GATE, "inside": square.INSIDE}],
                "areas": [{"name": "deck", "camera": "east", "polygon": square.AREA, "ground": square.pins()}],
                "levels_per_m2": [0.01, 0.015, 1.0],
                "hold_s": 2,
            }
        ],
    },
}


def played(folder: Path, role: str, source: str) -> dict[str, list[dict[str, Any]]]:
    """What the role says of a scene, by fact."""
    config, out = folder / "device.toml", folder / "events.jsonl"
    settings = json.loads(json.dumps(ROLES[role]))
    config.write_text(DEVICE + _toml(role, settings), "utf-8")
    command = [sys.executable, "-m", "edge.agent.main", "replay", "--config", str(config)]
    done = subprocess.run(
        [*command, "--source", source, "--out", str(out)], capture_output=True, text=True, check=False, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, list[dict[str, Any]]] = {}
    for line in out.read_text("utf-8").splitlines():
        event = json.loads(line)
        told.setdefault(event["type"].split(".")[-2], []).append(event["data"])
    return told


def _toml(role: str, settings: dict[str, Any]) -> str:
    return "\n".join([f"[roles.{role}]", *(f"{key} = {_inline(value)}" for key, value in settings.items())]) + "\n"


def _inline(value: Any) -> str:  # noqa: ANN401  (whatever JSON holds)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_inline(each)}" for key, each in value.items() if each is not None) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def lanes_of(told: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """The lanes of all summaries, added up: the hour may end while the scene is played."""
    lanes: dict[str, dict[str, Any]] = {}
    for summary in told["summary"]:
        for lane in summary["lanes"]:
            sums = lanes.setdefault(lane["lane"], {"forward": 0, "against": 0, "queue_max_m": 0.0, "kmh": []})
            sums["forward"] += sum(lane["forward"].values())
            sums["against"] += sum(lane["against"].values())
            sums["queue_max_m"] = max(sums["queue_max_m"], lane["queue_max_m"])
            sums["kmh"] += [] if lane["mean_kmh"] is None else [lane["mean_kmh"]]
    return lanes


def true_counts(scenario: Scenario) -> dict[str, list[float]]:
    """The speeds of all who cross each lane's line in a scene."""
    passages = traffic.passages(scenario, 0, 1000)
    return {lane.name: [one.kmh for one in passages if one.lane == lane.name] for lane in traffic.LANES}


def test_traffic_is_counted_exactly_and_measured_within_five_hundredths(tmp_path: Path) -> None:
    """Three lanes, two directions: every car once, and mean speeds by the homography."""
    source = "street:traffic?cars=5&stop_s=5&stay_s=14&end_s=26"
    lanes, truth = lanes_of(played(tmp_path, "traffic_flow", source)), true_counts(read_scenario(source))
    assert {name: lane["forward"] for name, lane in lanes.items()} == {name: len(kmh) for name, kmh in truth.items()}
    assert not any(lane["against"] for lane in lanes.values())
    for name, kmh in truth.items():
        assert lanes[name]["kmh"][0] == pytest.approx(sum(kmh) / len(kmh), rel=0.05)


def test_a_jam_has_its_length_and_is_no_breakdown(tmp_path: Path) -> None:
    """Four cars stand before the stop line: queue in metres, a level, and no alarm for those who wait."""
    told = played(tmp_path, "traffic_flow", "street:jam?cars=0&stop_s=8&stay_s=20&end_s=40")
    lane = lanes_of(told)["east"]
    assert lane["queue_max_m"] == pytest.approx(traffic.queue_m(), abs=1.5)
    assert told["congestion"][0]["lane"] == "east"
    assert "blocked" in {one["level"] for one in told["congestion"]}
    assert "incident" not in told


def test_a_wrong_way_driver_is_told_while_he_drives(tmp_path: Path) -> None:
    """One alarm for one car, in its lane, and its count says against."""
    told = played(tmp_path, "traffic_flow", "street:wrongway?cars=2&stop_s=8&stay_s=3&end_s=14")
    assert [(one["what"], one["phase"], one["lane"]) for one in told["incident"]][:1] == [
        ("wrong-way", "raised", "kerb")
    ]
    assert {one["what"] for one in told["incident"]} == {"wrong-way"}
    assert lanes_of(told)["kerb"]["against"] == 1


def test_people_through_a_gate_are_counted_exactly(tmp_path: Path) -> None:
    """In, out and present as the scene has it; the one who waits on the line is nobody, the alarm comes and goes."""
    source = "street:square?cars=1&stay_s=4&end_s=44"
    told = played(tmp_path, "crowd", source)
    visits = square.visits(read_scenario(source))
    gates = [summary["gates"][0] for summary in told["summary"]]
    assert sum(gate["entered"] for gate in gates) == len(visits)
    assert sum(gate["left"] for gate in gates) == len(visits)
    assert told["summary"][-1]["present"] == 0
    assert max(summary["peak"] for summary in told["summary"]) == len(visits)
    assert [one["phase"] for one in told["alarm"]] == ["raised", "cleared"]
