# SPDX-License-Identifier: Apache-2.0
"""What goes wrong and when: `broker-killed@30+3` on the command line, or tables `[[outage]]` in a TOML file."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.contract.problems import ProblemError
from edge.fleet.words import AT_DEVICES, Mishap, Outage

_SPEC: Final = re.compile(r"(?P<what>[a-z-]+)(:(?P<share_pct>[0-9.]+)%)?@(?P<at_s>[0-9.]+)\+(?P<for_s>[0-9.]+)")


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    outage: tuple[Outage, ...]


def outage_of(spec: str) -> Outage:
    """`WHAT[:SHARE%]@AT+FOR`, in seconds. Raises `ProblemError` fleet-script-invalid."""
    found = _SPEC.fullmatch(spec)
    if found is None:
        raise _invalid(spec, "it is not WHAT[:SHARE%]@AT+FOR, as in broker-killed@30+3")
    try:
        return Outage.model_validate({key: value for key, value in found.groupdict().items() if value is not None})
    except ValidationError as wrong:
        raise _invalid(spec, _first(wrong)) from wrong


def outages_in(file: Path) -> tuple[Outage, ...]:
    """All outages of a script. Raises `ProblemError` fleet-script-invalid."""
    try:
        return _File.model_validate(tomllib.loads(file.read_text("utf-8"))).outage
    except ValidationError as wrong:
        raise _invalid(str(file), _first(wrong)) from wrong
    except (OSError, ValueError) as wrong:
        raise _invalid(str(file), str(wrong)) from wrong


def check(outages: Sequence[Outage], *, ours: bool, broker: str) -> tuple[Outage, ...]:
    """In the order in which they begin. Raises `ProblemError` fleet-outage-not-ours for what only an owner can do."""
    for outage in outages:
        if not ours and outage.what not in AT_DEVICES:
            possible = ", ".join(sorted(AT_DEVICES))
            raise ProblemError("fleet-outage-not-ours", what=outage.what, broker=broker, possible=possible)
    return tuple(sorted(outages, key=lambda outage: outage.at_s))


def _first(wrong: ValidationError) -> str:
    first = wrong.errors(include_url=False, include_input=False)[0]
    reason = first["msg"]
    if first["loc"][-1:] == ("what",):
        reason = f"it must be one of {', '.join(Mishap)}"
    return f"{'.'.join(map(str, first['loc']))}: {reason}"


def _invalid(where: str, reason: str) -> ProblemError:
    return ProblemError("fleet-script-invalid", where=where, reason=reason)
