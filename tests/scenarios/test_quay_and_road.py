# SPDX-License-Identifier: Apache-2.0
"""A simulated quay and a simulated road played to their roles: what is told agrees with what the scene knows."""

import tomllib
from pathlib import Path

import pytest

from edge.contract import port, spill
from edge.contract.words import ClockQuality
from edge.core.clock import Now
from edge.core.effects import Emit
from edge.core.geometry import Box
from edge.core.inputs import CameraChanged, Input, Seen, Started, Ticked
from edge.roles.registry import load_role
from edge.vision.sources.street.scenario import read_scenario
from edge.vision.sources.street.scenes.quay import QUAY_AREA, VAN_AFTER_S
from edge.vision.sources.street.scenes.spill import CARRIAGEWAY, lying
from tests.vision.played import watch_recording
from tests.vision.scene import a_camera

pytestmark = pytest.mark.scenario

QUAY = f"""
[roles.port_watch]
place = {{ code = "1", name = "Berth 2" }}
level = "i"
clear_s = 10
score = 0.3
[[roles.port_watch.areas]]
name = "berth"
camera = "east"
polygon = {[list(corner) for corner in QUAY_AREA]}
closures = [{{ level = "ii", grace_s = 5 }}]
heights = [{{ foot_y = 0.5, height = 0.2 }}, {{ foot_y = 0.95, height = 0.23 }}]
"""
ROAD = f"""
[roles.spill]
place = {{ code = "1", name = "Harbour Road" }}
confirm_s = 20
passes = 2
clear_s = 5
[[roles.spill.surfaces]]
name = "road"
camera = "east"
polygon = {[list(corner) for corner in CARRIAGEWAY]}
"""


def told(folder: Path, role: str, source: str) -> list[Emit]:
    """What the role says of a source, in this process: a replay without its worker."""
    ((name, written),) = tomllib.loads(role)["roles"].items()
    spec = load_role(name)
    settings = spec.settings.model_validate(written)
    camera = a_camera(source, name="east", fps=2.0, gate=False)
    state, said, begun_us, ticked_us = spec.first_state(settings), [], 0, 0
    happened: list[Input] = []
    for sighting in watch_recording(camera, folder, (), spec.needs.errands(settings)):
        if not begun_us:
            begun_us = ticked_us = sighting.at_us
            happened = [
                Started(_now(begun_us, begun_us), "pole-7"),
                CameraChanged(_now(begun_us, begun_us), "east", True),
            ]
        while ticked_us + 1_000_000 <= sighting.at_us:
            ticked_us += 1_000_000
            happened.append(Ticked(_now(ticked_us, begun_us)))
        for one in (*happened, Seen(_now(sighting.at_us, begun_us), sighting)):
            state, effects = spec.step(settings, state, one)
            said += [effect for effect in effects if isinstance(effect, Emit)]
        happened = []
    for second in range(1, 21):  # nobody is there any more, so vision is silent, and time passes
        state, effects = spec.step(settings, state, Ticked(_now(ticked_us + second * 1_000_000, begun_us)))
        said += [effect for effect in effects if isinstance(effect, Emit)]
    return said


def _now(at_us: int, begun_us: int) -> Now:
    return Now(at_us, (at_us - begun_us) // 1000, ClockQuality.HELD)


def test_people_and_a_van_on_a_quay_ring_and_are_called_off(tmp_path: Path) -> None:
    """One alarm each, with a picture, in the order in which they come; both are cleared; no boat and no gull rings."""
    source = "street:quay?stop_s=12&stay_s=36&end_s=62&fps=2"
    events = told(tmp_path, QUAY, source)
    alarms = [port.PortAlarm.model_validate(event.data) for event in events if event.type == port.ALARM_TYPE]
    assert [(one.party, one.count, len(one.photographs)) for one in alarms] == [("people", 1, 1), ("vehicles", 1, 1)]
    assert abs((alarms[1].since - alarms[0].since).total_seconds() - VAN_AFTER_S) < 8
    ends = [port.PortCleared.model_validate(event.data) for event in events if event.type == port.CLEARED_TYPE]
    assert sorted(end.party for end in ends) == ["people", "vehicles"]


def test_boats_and_gulls_at_night_do_not_ring(tmp_path: Path) -> None:
    """Nobody comes, and nothing is said of an intrusion."""
    events = told(tmp_path, QUAY, "street:quay?cars=0&weather=night&end_s=60&fps=2")
    assert not [event for event in events if event.type == port.ALARM_TYPE]


def test_sand_behind_a_bus_is_told_where_it_lies_and_cleared(tmp_path: Path) -> None:
    """One spill, urgent, in its place, with pictures from before and after; and its end when it was swept away."""
    source = "street:spill?stop_s=24&stay_s=46&matter=sand&end_s=104&fps=2"
    events = told(tmp_path, ROAD, source)
    (event,) = [event for event in events if event.type == spill.OBSTRUCTED_TYPE]
    found = spill.SpillObstructed.model_validate(event.data)
    true = lying(read_scenario(source), 40)
    assert true is not None
    assert Box(found.box.left, found.box.top, found.box.right, found.box.bottom).iou(true.box) > 0.5
    assert len(found.photographs) == 2
    assert found.passes >= 2
    (end,) = [spill.SpillCleared.model_validate(event.data) for event in events if event.type == spill.CLEARED_TYPE]
    assert end.spill == found.spill


def test_shadows_on_a_road_are_not_told(tmp_path: Path) -> None:
    """A pole's and three trees' shadows wander over it, and cars pass."""
    events = told(tmp_path, ROAD, "street:spill?matter=none&weather=shadow&end_s=70&fps=2")
    assert not [event for event in events if event.type == spill.OBSTRUCTED_TYPE]
