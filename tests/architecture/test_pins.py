# SPDX-License-Identifier: Apache-2.0
"""What is installed is what was tested: exact versions with hashes, the same in every shape of an installation."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, text

PROJECT = tomllib.loads(text(Path("pyproject.toml")))["project"]
FILES = sorted(path.stem for path in (ROOT / "requirements").glob("*.txt"))
SHAPES = [name for name in FILES if name != "peers"]
"""Shapes of an installation of ours; what benchmarks measure it against lives in an interpreter of its own."""
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; .+)? \\$")


def _pins(shape: str) -> dict[str, str]:
    """The versions that a shape installs, by normalized name."""
    lines = text(Path("requirements") / f"{shape}.txt").splitlines()
    return {pin["name"]: pin["version"] for pin in map(PIN.match, lines) if pin}


def _asked_for(shape: str) -> dict[str, str]:
    """The versions that pyproject.toml names for a shape."""
    extra: list[str] = [] if shape == "agent" else PROJECT["optional-dependencies"][shape]
    asked = [*PROJECT["dependencies"], *extra]
    return dict(_normal(one).split("==") for one in asked if "==" in one)


def _normal(requirement: str) -> str:
    return requirement.lower().replace("_", "-")


def test_every_extra_has_its_pins() -> None:
    """Each shape that pyproject.toml offers can be installed with hashes."""
    assert sorted(["agent", *PROJECT["optional-dependencies"]]) == SHAPES


@pytest.mark.parametrize("shape", SHAPES)
def test_pins_follow_the_project(shape: str) -> None:
    """A version changed in pyproject.toml without `make pins` is noticed here."""
    assert _asked_for(shape).items() <= _pins(shape).items()


@pytest.mark.parametrize("shape", SHAPES)
def test_pins_agree_with_the_tested_set(shape: str) -> None:
    """Every package has the version that the tests ran with; the desktop build of OpenCV stands in for the bare one."""
    tested = _pins("dev")
    other = {name for name, version in _pins(shape).items() if tested.get(name) != version}
    assert other <= {"opencv-python"}


def test_the_peers_have_their_pins() -> None:
    """Whoever measures ours against other trackers measures the versions that are named."""
    lines = text(Path("requirements/peers.in")).splitlines()
    assert {tuple(line.split("==")) for line in lines if not line.startswith("#")} <= set(_pins("peers").items())


@pytest.mark.parametrize("shape", FILES)
def test_pins_are_pins(shape: str) -> None:
    """A requirements file holds exact versions and hashes, and neither options nor addresses."""
    lines = text(Path("requirements") / f"{shape}.txt").splitlines()
    assert [line for line in lines if not (PIN.match(line) or line.strip().startswith("--hash=sha256:"))] == []
