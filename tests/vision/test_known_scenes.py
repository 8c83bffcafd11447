# SPDX-License-Identifier: Apache-2.0
"""The road and the square of known counts keep to their own truth."""

import pytest

from edge.core.geometry import Point
from edge.core.ground import Metres, Pin, fit_ground
from edge.core.tracks import Kind
from edge.vision.sources.street.scenario import read_scenario
from edge.vision.sources.street.scenes import square, traffic
from edge.vision.sources.street.stage import HEIGHT_PX, WIDTH_PX
from edge.vision.sources.street.truth import truth


@pytest.mark.parametrize("scene", [traffic, square], ids=["road", "square"])
def test_the_ground_is_a_plane(scene: object) -> None:
    """Four points of it tell where every other lies, to a centimetre."""
    assert scene in {traffic, square}
    pins, metres = (traffic.pins(), traffic.metres) if scene is traffic else (square.pins(), square.metres)
    ground = fit_ground([Pin.model_validate(pin) for pin in pins])
    for x_px, y_px in ((300.0, 420.0), (1000.0, 640.0)):
        here = ground.metres(Point(x_px / WIDTH_PX, y_px / HEIGHT_PX))
        assert here is not None
        assert here.to(Metres(*metres(x_px, y_px))) < 0.01


def test_who_is_said_to_pass_the_line_passes_it() -> None:
    """Each passage of the truth is a car whose middle is over the line at that time, and there are no others."""
    scenario = read_scenario("street:traffic?cars=6&stop_s=5&stay_s=20")
    passages = traffic.passages(scenario, 0, 40)
    assert len(passages) > 12
    for one in passages:
        middles = [thing.box.centre.x * WIDTH_PX for thing in truth(scenario, one.at_s)]
        assert min(abs(middle - traffic.COUNT_PX) for middle in middles) < 1
    seen = {thing.id for tick in range(400) for thing in truth(scenario, tick / 10)}
    assert len(seen) == len(passages)


@pytest.mark.parametrize("play", ["traffic", "jam", "wrongway", "breakdown", "square"])
def test_nobody_moves_through_anybody(play: str) -> None:
    """Within a lane or a row things keep apart, so that what a detector merges was not painted so."""
    scenario = read_scenario(f"street:{play}?cars=5&stop_s=8&stay_s=12")
    for tick in range(0, 600, 3):
        things = truth(scenario, tick / 10)
        for number, one in enumerate(things):
            for other in things[number + 1 :]:
                row = abs(one.box.bottom - other.box.bottom) < 0.01
                assert not (row and one.box.overlap(other.box) > 0), tick / 10


def test_the_square_ends_as_it_began() -> None:
    """Everybody who comes in goes out again, the loiterer apart, who is never within the gate."""
    scenario = read_scenario("street:square?cars=2&stay_s=5")
    assert [square.present(scenario, at_s) for at_s in (0, 33, 90)] == [0, 4, 0]
    left = truth(scenario, 90)
    assert [(thing.id, thing.kind) for thing in left] == [(square.LOITERER_ID, Kind.PERSON)]
