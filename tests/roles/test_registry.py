# SPDX-License-Identifier: Apache-2.0
"""Roles are found by name or by path, and who is not found is told what there is."""

import subprocess
import sys

import pytest

from edge.contract.problems import ProblemError
from edge.roles.illegal_parking.config import Settings
from edge.roles.registry import ROLES, load_role
from edge.roles.role import Needs
from tests.roles.illegal_parking.street import settings_of


@pytest.mark.parametrize("name", sorted(ROLES))
def test_each_role_loads_under_its_name(name: str) -> None:
    """The registry's paths lead to roles that know their own names."""
    assert load_role(name).name == name


def test_an_outside_role_loads_by_its_path() -> None:
    """A role of another package is given as module:attribute."""
    assert load_role("edge.roles.illegal_parking.role:ROLE") is load_role("illegal_parking")


@pytest.mark.parametrize("name", ["ilegal_parking", "", "no.such.module:ROLE", "edge.roles.role:Needs", "edge.roles:X"])
def test_an_unknown_role_is_told_with_those_there_are(name: str) -> None:
    """Misspelt names, missing packages and things that are no roles are one problem with a next step."""
    with pytest.raises(ProblemError) as caught:
        load_role(name)
    assert caught.value.problem.code == "role-unknown"
    assert "illegal_parking" in str(caught.value)


def test_a_role_needs_nothing_unless_it_says_so() -> None:
    """Without a word on cameras a role needs none."""
    needs: Needs[Settings] = Needs()
    assert needs.cameras(settings_of()) == frozenset()


def test_a_role_loads_nothing_of_its_siblings_or_of_vision() -> None:
    """A device pays for the roles it runs: loading one imports no other, and nothing that sees or draws."""
    ask = (
        "import sys; from edge.roles.registry import load_role; load_role('illegal_parking');"
        "print(*(m for m in sys.modules if m.split('.')[0] in {'cv2','numpy','onnxruntime','asyncio'}"
        " or m.startswith('edge.roles.') and m.split('.')[2] not in {'registry','role','illegal_parking'}))"
    )
    heard = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert heard.stdout.strip() == ""
