# SPDX-License-Identifier: Apache-2.0
"""What a technician may write, and what he is told when he may not."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from edge.config.mistakes import mistakes_in
from edge.contract.problems import Language
from edge.core.tracks import VEHICLES
from edge.roles.illegal_parking.config import Settings
from tests.roles.illegal_parking.street import settings_of

SQUARE = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"polygon": SQUARE[:2]}, "at least 3"),
        ({"polygon": [*SQUARE, SQUARE[0]]}, "closes by itself"),
        ({"polygon": [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]]}, "crosses or touches itself"),
        ({"polygon": [(0.1, 0.1), (0.11, 0.1), (0.11, 0.11)]}, "too small"),
        ({"polygon": [(192, 108), (1728, 108), (1728, 972)]}, "less than or equal to 1"),
        ({"grace_s": 90}, r"grace_s \(90\) is longer than limit_s \(60\)"),
        ({"photos": 2}, "greater than or equal to 3"),
        ({"exempt": sorted(VEHICLES)}, "nothing can count in: gate"),
        ({"exempt": ["lorry"]}, "'truck'"),
        ({"hours": [{"days": ["mon", "mon"], "from": "07:00", "to": "22:00"}]}, "a day is given twice"),
        ({"hours": [{"days": ["monday"], "from": "07:00", "to": "22:00"}]}, "'mon'"),
        ({"hours": [{"from": "7:00", "to": "22:00"}]}, "should match pattern"),
        ({"hours": [{"from": "07:00", "to": "24:01"}]}, "should match pattern"),
        ({"camara": "east"}, "not permitted"),
        ({"name": "东门"}, "should match pattern"),
    ],
)
def test_a_bad_zone_is_told_in_words(wrong: dict[str, Any], told: str) -> None:
    """Each slip of the pen has a message that says what to do instead."""
    with pytest.raises(ValidationError, match=told):
        settings_of(wrong)


def test_zone_names_differ() -> None:
    """Cases are named by zone, so no two zones may share a name."""
    with pytest.raises(ValidationError, match="names must differ, but there are several of: gate"):
        settings_of({}, {"camera": "west"})


def test_an_offset_is_an_offset() -> None:
    """The place's offset has a sign, hours and minutes."""
    with pytest.raises(ValidationError, match="should match pattern"):
        settings_of(utc_offset="8")


@pytest.mark.parametrize("utc_offset", ["+08:00", "-03:30"])
def test_settings_survive_json(utc_offset: str) -> None:
    """Settings that were read can be written and read again, as the technician's tool does."""
    settings = settings_of({"hours": [{"from": "07:00", "to": "22:00"}]}, utc_offset=utc_offset)
    assert type(settings).model_validate_json(settings.model_dump_json(by_alias=True)) == settings


def test_the_technicians_example_is_true() -> None:
    """What the how-to shows can be typed as it stands."""
    page = Path("docs/how-to/no-stopping-zone.md").read_text(encoding="utf-8")
    shown = "".join(re.findall(r"```toml\n(.*?)```", page, re.DOTALL))
    settings = Settings.model_validate(tomllib.loads(shown)["roles"]["illegal_parking"])
    assert [zone.name for zone in settings.zones] == ["fire-lane", "school-gate"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"polygon": [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]]}, "轮廓自相交"),
        ({"grace_s": 90}, "grace_s（90）不得长于时限 limit_s（60）"),
        ({"exempt": sorted(VEHICLES)}, "所有车型都已豁免"),
        ({"hours": [{"days": ["mon", "mon"], "from": "07:00", "to": "22:00"}]}, "星期重复"),
    ],
)
def test_the_roles_own_rules_are_told_in_chinese(wrong: dict[str, Any], told: str) -> None:
    """`edge-agent check` speaks the technician's language, also for what only this role knows."""
    with pytest.raises(ValidationError) as caught:
        settings_of(wrong)
    (mistake,) = mistakes_in(caught.value, Settings, {})
    assert told in mistake.words(Language.ZH)
