# SPDX-License-Identifier: Apache-2.0
"""What a technician may write, and what he is told when he may not."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from edge.core.geometry import Box, Point
from edge.core.ground import Pin, fit_ground
from edge.core.tracks import Kind
from edge.roles.traffic_flow.config import Settings
from edge.roles.traffic_flow.lanes import lane_map
from edge.roles.traffic_flow.role import ROLE
from edge.roles.traffic_flow.state import State
from tests.roles.traffic_flow.road import LANES, PLACE, ROAD, settings_of

TILTED = [
    {"picture": (0.1, 0.9), "metres": (-5, 5)},
    {"picture": (0.9, 0.9), "metres": (5, 5)},
    {"picture": (0.7, 0.5), "metres": (5, 25)},
    {"picture": (0.3, 0.5), "metres": (-5, 25)},
]
"""A camera that looks along the road; its horizon is well within the picture."""
SLOPED: dict[str, Any] = {
    "name": "in",
    "polygon": [(0.3, 0.5), (0.7, 0.5), (0.9, 0.9), (0.1, 0.9)],
    "direction": [(0.5, 0.55), (0.5, 0.85)],
    "line": [(0.2, 0.7), (0.8, 0.7)],
}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"line": [(0.1, 0.75), (0.9, 0.75)]}, "runs along the lane"),
        ({"line": [(0.5, 0.5), (0.5, 0.5)]}, "the same point"),
        ({"direction": [(0.5, 0.75), (0.51, 0.75)]}, "1.0 m apart"),
        ({"polygon": [(0.1, 0.1), (0.9, 0.1)]}, "at least 3"),
        ({"name": "home"}, "names must differ, but there are several of: home"),
        ({"stop_lime": None}, "not permitted"),
    ],
)
def test_a_bad_lane_is_told_in_words(wrong: dict[str, Any], told: str) -> None:
    """Each slip of the pen has a message that says what to do instead."""
    with pytest.raises(ValidationError, match=told):
        settings_of({"lanes": [LANES[0] | wrong, LANES[1]]})


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"ground": ROAD["ground"][:3]}, "at least 4"),
        ({"ground": [ROAD["ground"][0]] * 4}, "no three in a line"),
        ({"ground": TILTED}, "up to the horizon"),
        ({"levels": {"speeds_kmh": (10, 20, 30)}}, "falling order"),
        ({"levels": {"queues": (0.5, 0.3, 0.8)}}, "rising order"),
        ({"lanes": []}, "at least 1"),
    ],
)
def test_a_bad_road_is_told_in_words(wrong: dict[str, Any], told: str) -> None:
    """The same for what is said of a road as a whole, by its key."""
    with pytest.raises(ValidationError, match=told) as caught:
        settings_of(wrong)
    assert caught.value.errors()[0]["loc"][:2] == ("roads", 0)


def test_road_names_differ_and_speed_classes_rise() -> None:
    """Summaries are named by road, and a class ends where the next begins."""
    with pytest.raises(ValidationError, match="names must differ, but there are several of: quay-road"):
        settings_of({}, {})
    with pytest.raises(ValidationError, match="rising order"):
        settings_of(speed_classes_kmh=(40, 20))


def test_settings_survive_json() -> None:
    """Settings that were read can be written and read again."""
    settings = settings_of(summary_min=15)
    assert Settings.model_validate_json(settings.model_dump_json()) == settings


def test_a_stop_line_beyond_the_horizon_is_refused() -> None:
    """Nothing can be measured from there."""
    with pytest.raises(ValidationError, match="stop line lies beyond the horizon"):
        settings_of({"ground": TILTED, "lanes": [SLOPED | {"stop_line": [(0.2, 0.0), (0.8, 0.0)]}]})


def test_what_lies_beyond_the_horizon_is_nowhere_in_the_lane() -> None:
    """A box up there has no place along the lane; nearer ones have at least the length of their kind."""
    lane = lane_map(
        fit_ground([Pin.model_validate(pin) for pin in TILTED]),
        "in",
        SLOPED["polygon"],
        SLOPED["direction"],
        SLOPED["line"],
        None,
    )
    assert lane.along(Point(0.5, 0.0)) is None
    assert lane.reach(Kind.CAR, Box(0.4, 0.0, 0.6, 0.01)) == (lane.end_m, lane.end_m)
    rear_m, front_m = lane.reach(Kind.BUS, Box(0.4, 0.5, 0.6, 0.7))
    assert front_m - rear_m == pytest.approx(11)
    assert lane.length_m == pytest.approx(20)


def test_the_role_says_what_it_needs() -> None:
    """Its cameras, what can be drawn of it, and a state to begin with."""
    settings = settings_of({}, {"name": "other", "camera": "west"})
    assert ROLE.needs.cameras(settings) == {"east", "west"}
    assert len(ROLE.outlines(settings)) == 8
    assert ROLE.first_state(settings) == State()


def test_the_technicians_example_is_true() -> None:
    """What the how-to shows can be typed as it stands."""
    page = Path("docs/how-to/count-traffic.md").read_text(encoding="utf-8")
    shown = "".join(re.findall(r"```toml\n(.*?)```", page, re.DOTALL))
    settings = Settings.model_validate(tomllib.loads(shown)["roles"]["traffic_flow"])
    assert [lane.name for lane in settings.roads[0].lanes] == ["east", "west"]
    assert settings.place.code != PLACE["code"]
