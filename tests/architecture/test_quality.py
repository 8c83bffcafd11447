# SPDX-License-Identifier: Apache-2.0
"""Each role states how far it is finished. The rules and their meaning: docs/reference/quality.md."""

import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from tests.architecture.tree import ROOT, files, python_files, text

RULES = {
    "simulator",
    "scenario_test",
    "property_test",
    "strict_types",
    "problems_have_next_step",
    "restart_resume",
}
ROLE_FILES = {"__init__.py", "config.py", "rules.py", "role.py", "quality.toml"}


class Exempt(BaseModel):
    """A rule that a role leaves out, and why it may."""

    model_config = ConfigDict(extra="forbid", strict=True)

    status: str = Field(pattern="^exempt$")
    reason: str = Field(min_length=20)


class Quality(BaseModel):
    """A whole quality.toml."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rules: dict[str, str | Exempt]

    def done(self) -> set[str]:
        """The rules that the role claims to keep."""
        return {rule for rule, status in self.rules.items() if status == "done"}


def _roles() -> list[str]:
    """The role folders that hold more than their name."""
    inside = {path.parts[2] for path in files() if path.parts[:2] == ("edge", "roles") and len(path.parts) > 3}
    return sorted(role for role in inside if len(_names(role)) > 1)


def _names(role: str) -> set[str]:
    folder = Path("edge/roles") / role
    return {str(path.relative_to(folder)) for path in files() if path.is_relative_to(folder)}


def _quality(role: str) -> Quality:
    return Quality.model_validate(tomllib.loads(text(Path("edge/roles") / role / "quality.toml")))


@pytest.mark.parametrize("role", _roles())
def test_role_has_the_four_files(role: str) -> None:
    """Who knows one role knows all: settings, rules, the role itself and its state of finish are always there."""
    assert _names(role) >= ROLE_FILES


@pytest.mark.parametrize("role", _roles())
def test_role_answers_every_rule(role: str) -> None:
    """A role says of each known rule whether it is done or why it is left out, and of no other."""
    quality = _quality(role)
    assert set(quality.rules) == RULES
    assert [status for status in quality.rules.values() if isinstance(status, str) and status != "done"] == []


@pytest.mark.parametrize("role", _roles())
def test_role_has_the_tests_it_claims(role: str) -> None:
    """Where a role claims scenario or property tests, there are tests of that kind that name it."""
    claims = _quality(role).done()
    tests = [path for path in python_files("tests") if path.name.startswith("test_") and role in text(path)]
    if "scenario_test" in claims:
        assert [path for path in tests if path.is_relative_to("tests/scenarios")]
    if "property_test" in claims:
        assert [path for path in tests if "hypothesis" in text(path)]


def test_rules_are_written_down() -> None:
    """The reference explains each rule under its name, and no rule that is gone."""
    reference = (ROOT / "docs/reference/quality.md").read_text(encoding="utf-8")
    explained = {line.removeprefix("### `").removesuffix("`") for line in reference.splitlines() if "### `" in line}
    assert explained == RULES
