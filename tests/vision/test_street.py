# SPDX-License-Identifier: Apache-2.0
"""The simulated street keeps to its own truth."""

import subprocess
import sys

import numpy as np
import pytest

from edge.contract.problems import ProblemError
from edge.core.geometry import Polygon
from edge.core.tracks import Kind
from edge.vision.sources.street.painter import Painter
from edge.vision.sources.street.scenario import Scenario, read_scenario
from edge.vision.sources.street.truth import NO_STOPPING_ZONE, STOPPER_ID, WALKER_ID, Thing, truth

ZONE = Polygon.of(NO_STOPPING_ZONE)
BUSY_STREETS = ["street:busy", "street:busy?seed=5&cars=9"]


def _stopper(scenario: Scenario, at_s: float) -> Thing | None:
    return next((thing for thing in truth(scenario, at_s) if thing.id == STOPPER_ID), None)


@pytest.mark.parametrize("source", ["street:demo", "street:demo?stop_s=5&stay_s=30&cars=9&seed=7"])
def test_one_car_parks_exactly_as_announced(source: str) -> None:
    """The car of `demo` stands in the zone from stop_s for stay_s, and nothing else ever parks."""
    scenario = read_scenario(source)
    for tick in range(round((scenario.leave_s + 30) * 10)):
        at_s = tick / 10
        parked = [thing.id for thing in truth(scenario, at_s) if thing.parked]
        assert parked == ([STOPPER_ID] if scenario.stop_s <= at_s <= scenario.leave_s else []), at_s
    standing = _stopper(scenario, scenario.stop_s + 1)
    assert standing
    assert standing == _stopper(scenario, scenario.leave_s)
    assert ZONE.holds(standing.box.foot)


def test_stopping_car_comes_and_goes() -> None:
    """Before it arrives and after it has left, the car of `demo` is not in the picture."""
    scenario = read_scenario("street:demo")
    assert _stopper(scenario, scenario.stop_s - 6) is None
    assert _stopper(scenario, scenario.stop_s - 3)
    assert _stopper(scenario, scenario.leave_s + 3)
    assert _stopper(scenario, scenario.leave_s + 6) is None


def test_walker_covers_the_parked_car() -> None:
    """In the middle of the stay a person is in front of the car, painted after it."""
    scenario = read_scenario("street:demo")
    things = truth(scenario, scenario.stop_s + scenario.stay_s / 2)
    car, person = (next(one for one in things if one.id == number) for number in (STOPPER_ID, WALKER_ID))
    assert person.kind is Kind.PERSON
    assert car.box.overlap(person.box) > 0
    assert things.index(car) < things.index(person)


def test_traffic_never_drives_through_the_stopping_car() -> None:
    """Cars of the same lane keep apart, so that no two vehicles with the same foot line ever share a place."""
    scenario = read_scenario("street:demo?cars=10&seed=3")
    for tick in range(900):
        vehicles = [one for one in truth(scenario, tick / 10) if one.kind is not Kind.PERSON]
        for number, one in enumerate(vehicles):
            for other in vehicles[number + 1 :]:
                same_lane = abs(one.box.bottom - other.box.bottom) < 0.02
                assert not (same_lane and one.box.overlap(other.box) > 0), tick


def test_quiet_street_is_empty() -> None:
    """Nothing ever happens in `quiet`."""
    assert all(truth(read_scenario("street:quiet"), tick) == () for tick in range(600))


@pytest.mark.parametrize("source", BUSY_STREETS)
def test_busy_street_crawls_through_the_zone(source: str) -> None:
    """In `busy` cars stand in the zone again and again, none for longer than four seconds at a time."""
    scenario = read_scenario(source)
    stood_s: dict[int, float] = {}
    longest_s, before = 0.0, {one.id: one for one in truth(scenario, 0)}
    for tick in range(1, 1200):
        now = {one.id: one for one in truth(scenario, tick / 10) if ZONE.holds(one.box.foot)}
        for number, one in now.items():
            still = number in before and before[number].box.iou(one.box) > 0.998
            stood_s[number] = stood_s.get(number, 0) + 0.1 if still else 0
            longest_s = max(longest_s, stood_s[number])
        before = now
    assert 1 < longest_s < 4


def test_same_seed_same_picture() -> None:
    """A picture depends on scenario and time alone, bit for bit, and another seed gives another one."""
    one, twin, other = (Painter(read_scenario(f"street:demo?seed={seed}")) for seed in (7, 7, 8))
    one.paint(3.0)
    picture = one.paint(20.0)
    assert np.array_equal(picture, twin.paint(20.0))
    assert not np.array_equal(picture, other.paint(20.0))


def test_truth_is_where_the_pixels_change() -> None:
    """What the painter adds to the empty street lies in the boxes of the truth, shadows aside."""
    scenario = read_scenario("street:demo?cars=4")
    quiet = read_scenario("street:quiet")
    at_s = 30.0
    change = np.abs(Painter(scenario).paint(at_s).astype(int) - Painter(quiet).paint(at_s)).max(2) > 24
    allowed = np.zeros_like(change)
    for thing in truth(scenario, at_s):
        box = thing.box
        rows = slice(max(0, round(box.top * 720) - 2), round(box.bottom * 720) + 14)
        columns = slice(max(0, round(box.left * 1280) - 14), round(box.right * 1280) + 14)
        allowed[rows, columns] = True
        assert change[rows, columns].mean() > 0.3
    assert not (change & ~allowed).any()


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("street:party", "play"),
        ("street:demo?cars=x", "cars"),
        ("street:demo?speed=3", "speed"),
        ("street:demo?stop_s=1", "stop_s"),
        ("street:demo?seed", "seed"),
    ],
)
def test_wrong_parameter_is_named(source: str, names: str) -> None:
    """A street that is not understood is refused with the parameter that is wrong."""
    with pytest.raises(ProblemError) as refused:
        read_scenario(source)
    assert refused.value.problem.code == "source-invalid"
    assert names in str(refused.value.problem.detail["reason"])


def test_truth_needs_no_decoder() -> None:
    """Whoever only wants the truth pays neither for OpenCV nor for numpy."""
    code = "import sys, edge.vision.sources.street.truth; print({'cv2', 'numpy'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"
