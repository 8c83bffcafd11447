# SPDX-License-Identifier: Apache-2.0
"""Whether a command whose signature holds may be carried out now. Pure."""

from collections.abc import Collection
from typing import Any

from pydantic import ValidationError

from edge.contract.commands import HARMLESS, LEEWAY_S, MAX_VALIDITY_S, CommandClaims
from edge.contract.problems import ProblemError
from edge.contract.words import ClockQuality
from edge.core.clock import Now


def judge(claims: dict[str, Any], now: Now, device: str, groups: Collection[str]) -> CommandClaims:
    """The command, if it is for us and in time. Raises `ProblemError` with a code command-… that says why not."""
    try:
        command = CommandClaims.model_validate(claims)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ProblemError("command-invalid", reason=f"{where}: {first['msg']}") from wrong
    if command.aud not in {device, "@all", *(f"@{group}" for group in groups)}:
        raise ProblemError("command-misdirected", audience=command.aud, device=device)
    if now.quality is ClockQuality.UNSET:
        if command.cmd not in HARMLESS:
            raise ProblemError("command-untimely", cmd=command.cmd.value)
        return command
    now_s = now.wall_us // 1_000_000
    if now_s > command.exp + LEEWAY_S:
        raise ProblemError("command-expired", expired_s=now_s - command.exp)
    if now_s < command.iat - LEEWAY_S:
        raise ProblemError("command-early", early_s=command.iat - now_s)
    if command.exp > now_s + MAX_VALIDITY_S + LEEWAY_S:
        raise ProblemError("command-invalid", reason="exp: more than 30 days ahead")
    return command
