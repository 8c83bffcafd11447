# SPDX-License-Identifier: Apache-2.0
"""What a technician may write, and what he is told when he may not."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from edge.roles.crowd.config import Settings
from edge.roles.crowd.role import ROLE
from edge.roles.crowd.state import State
from tests.roles.crowd.square import SITE, settings_of

GATE, AREA = SITE["gates"][0], SITE["areas"][0]
SQUARE_GROUND = [{"picture": (x, y), "metres": (20 * x, 10 * y)} for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
TILTED = [
    {"picture": (0.1, 0.9), "metres": (-5, 5)},
    {"picture": (0.9, 0.9), "metres": (5, 5)},
    {"picture": (0.7, 0.5), "metres": (5, 25)},
    {"picture": (0.3, 0.5), "metres": (-5, 25)},
]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"gates": [GATE | {"line": [(0.3, 0.1), (0.3, 0.1)]}]}, "the same point"),
        ({"gates": [GATE | {"inside": (0.3, 0.5)}]}, "lies on the line"),
        ({"gates": [GATE, GATE]}, "names must differ, but there are several of: west"),
        ({"areas": [AREA, AREA]}, "several of: deck"),
        ({"areas": [AREA | {"area_m2": None}]}, "either area_m2 or ground"),
        ({"areas": [AREA | {"ground": SQUARE_GROUND}]}, "either area_m2 or ground"),
        ({"areas": [AREA | {"area_m2": None, "ground": TILTED}]}, "up to the horizon"),
        ({"areas": [AREA | {"area_m2": None, "ground": SQUARE_GROUND[:1] * 4}]}, "no three in a line"),
        ({"gates": [], "areas": []}, "a gate or an area"),
        ({"levels_per_m2": (1, 0.5, 2)}, "rising order"),
        ({"reset": "4:00"}, "should match pattern"),
        ({"capasity": 3}, "not permitted"),
    ],
)
def test_a_bad_site_is_told_in_words(wrong: dict[str, Any], told: str) -> None:
    """Each slip of the pen has a message that says what to do instead."""
    with pytest.raises(ValidationError, match=told):
        settings_of(wrong)


def test_site_names_differ() -> None:
    """Summaries are named by site."""
    with pytest.raises(ValidationError, match="names must differ, but there are several of: boardwalk"):
        settings_of({}, {})


def test_an_area_is_given_or_reckoned() -> None:
    """By square metres, or by points known in the picture and on the ground."""
    given, reckoned = (
        settings_of({"areas": [AREA | size]}).sites[0].areas[0]
        for size in ({}, {"area_m2": None, "ground": SQUARE_GROUND})
    )
    assert given.size_m2 == 10
    assert reckoned.size_m2 == pytest.approx(0.65 * 20 * 0.9 * 10)


def test_a_gate_drawn_upwards_has_the_same_inside() -> None:
    """Which end of a line is named first does not matter."""
    gate = settings_of({"gates": [GATE | {"line": GATE["line"][::-1]}]}).sites[0].gates[0]
    assert gate.inner == -settings_of().sites[0].gates[0].inner


def test_settings_survive_json() -> None:
    """Settings that were read can be written and read again."""
    settings = settings_of({"capacity": 400, "reset": None})
    assert Settings.model_validate_json(settings.model_dump_json()) == settings


def test_the_role_says_what_it_needs() -> None:
    """Its cameras, what can be drawn of it, and a state to begin with."""
    settings = settings_of({}, {"name": "pier", "areas": [], "gates": [GATE | {"camera": "west"}]})
    assert ROLE.needs.cameras(settings) == {"east", "west"}
    assert [outline.name for outline in ROLE.outlines(settings)] == ["boardwalk/west", "pier/west", "boardwalk/deck"]
    assert ROLE.first_state(settings) == State()


def test_the_technicians_example_is_true() -> None:
    """What the how-to shows can be typed as it stands."""
    page = Path("docs/how-to/watch-a-crowd.md").read_text(encoding="utf-8")
    shown = "".join(re.findall(r"```toml\n(.*?)```", page, re.DOTALL))
    settings = Settings.model_validate(tomllib.loads(shown)["roles"]["crowd"])
    assert [site.name for site in settings.sites] == ["boardwalk"]
