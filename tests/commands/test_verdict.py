# SPDX-License-Identifier: Apache-2.0
"""Which commands whose signature holds are carried out."""

from typing import Any

import pytest

from edge.commands.verdict import judge
from edge.contract.problems import ProblemError
from edge.contract.words import ClockQuality
from edge.core.clock import Now

NOON_S = 1_800_000_000
NOON = Now(NOON_S * 1_000_000, 5_000, ClockQuality.SYNCED)


def claims(**changed: object) -> dict[str, Any]:
    """Claims of a good command, some of them changed."""
    good = {"iss": "hub", "aud": "pole-1", "iat": NOON_S, "exp": NOON_S + 60, "jti": "j", "cmd": "set-lamp", "args": {}}
    return {**good, **changed}


@pytest.mark.parametrize("audience", ["pole-1", "@all", "@harbour"])
def test_a_command_for_us_is_accepted(audience: str) -> None:
    """The device itself, everybody, and each of its groups are audiences it answers to."""
    assert judge(claims(aud=audience), NOON, "pole-1", ("harbour",)).cmd == "set-lamp"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"aud": "pole-2"}, "command-misdirected"),
        ({"aud": "@old-town"}, "command-misdirected"),
        ({"exp": NOON_S - 61, "iat": NOON_S - 100}, "command-expired"),
        ({"iat": NOON_S + 61, "exp": NOON_S + 100}, "command-early"),
        ({"exp": NOON_S + 31 * 24 * 3600}, "command-invalid"),
        ({"cmd": "self-destruct"}, "command-invalid"),
        ({"jti": ""}, "command-invalid"),
        ({"args": []}, "command-invalid"),
    ],
)
def test_a_command_that_does_not_fit_is_refused_by_name(changed: dict[str, object], code: str) -> None:
    """Each way of not fitting has its own code, so that the hub knows what to mend."""
    with pytest.raises(ProblemError) as refused:
        judge(claims(**changed), NOON, "pole-1", ())
    assert refused.value.problem.code == code


@pytest.mark.parametrize("shift_s", [-60, 60])
def test_clocks_may_differ_by_the_leeway(shift_s: int) -> None:
    """A minute between hub and device is forgiven on both ends."""
    now = NOON.later(shift_s)
    window = claims(iat=NOON_S, exp=NOON_S)
    assert judge(window, now, "pole-1", ()).jti == "j"


def test_without_a_clock_only_harmless_commands_are_taken() -> None:
    """A device that boots in 1970 can be asked how it is, and nothing else."""
    lost = Now(0, 5_000, ClockQuality.UNSET)
    assert judge(claims(cmd="status"), lost, "pole-1", ()).cmd == "status"
    with pytest.raises(ProblemError) as refused:
        judge(claims(), lost, "pole-1", ())
    assert refused.value.problem.code == "command-untimely"
