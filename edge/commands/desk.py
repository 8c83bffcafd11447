# SPDX-License-Identifier: Apache-2.0
"""Takes the hub's commands: verifies, writes down, carries out once, answers, and goes on after a reboot.

What must always be true here: nothing is done that is not in the journal first; a command whose id was seen is answered
from the journal and not done again; every command that could be read comes to a final result.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from edge.commands.verdict import judge
from edge.contract.commands import RESULT_TYPE, CommandClaims, CommandName, CommandResult, CommandStatus
from edge.contract.envelope import event_body
from edge.contract.problems import Problem, ProblemError
from edge.contract.words import Lane
from edge.core.clock import Clock
from edge.durable import command_journal as journal
from edge.durable.rows import NewRow
from edge.durable.store import Store
from edge.durable.transaction import Transaction

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Does what a command asks and gives its output; may be asked again after a reboot.

Raises `ProblemError`: command-invalid for arguments that make no sense, anything else for what went wrong.
"""


class Keys(Protocol):
    """Whoever can tell whether a command is signed by the hub."""

    def claims(self, token: str, typ: str) -> dict[str, Any]:
        """The claims, if the signature holds. Raises `ProblemError`."""
        ...


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who we are to those who command."""

    device: str
    groups: tuple[str, ...] = ()


class CommandDesk:
    """The one door for commands."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        addressee: Addressee,
        keys: Callable[[], Keys],
        named: Callable[[str], dict[str, Any]],
        handlers: Mapping[CommandName, Handler],
        committed: Callable[[], None],
    ) -> None:
        """Serve with these handlers. `named` reads the claims of a token nobody has checked, to name a refusal."""
        self._store = store
        self._clock = clock
        self._addressee = addressee
        self._keys = keys
        self._named = named
        self._handlers = handlers
        self._committed = committed

    async def take(self, payload: bytes) -> None:
        """One message of a command topic."""
        token = payload.decode("ascii", errors="replace").strip()
        now = self._clock.now()
        try:
            claims = self._keys().claims(token, "command+jwt")
            if known := self._store.command(str(claims.get("jti"))):
                await self._answer_again(known)
                return
            command = judge(claims, now, self._addressee.device, self._addressee.groups)
        except ProblemError as failed:
            await self._refuse(self._named(token), failed)
            return
        raw = command.model_dump_json().encode()
        await self._store.commit(lambda txn: journal.begin(txn, command.jti, raw, command.exp, now.wall_us))
        await self._carry_out(command)

    async def resume(self) -> None:
        """Finish what was begun before this boot."""
        for entry in self._store.unfinished_commands():
            await self._carry_out(CommandClaims.model_validate_json(entry.claims))

    async def _carry_out(self, command: CommandClaims) -> None:
        handler = self._handlers.get(command.cmd)
        if handler is None:
            problem = Problem(code="command-not-here", detail={"cmd": command.cmd.value})
            await self._finish(command, CommandStatus.REFUSED, problem=problem)
            return
        try:
            output = await handler(command.args)
        except ProblemError as failed:
            wrong = failed.problem.code == "command-invalid"
            await self._finish(
                command, CommandStatus.REFUSED if wrong else CommandStatus.FAILED, problem=failed.problem
            )
        else:
            await self._finish(command, CommandStatus.DONE, output=output)

    async def _finish(
        self,
        command: CommandClaims,
        status: CommandStatus,
        *,
        problem: Problem | None = None,
        output: dict[str, Any] | None = None,
    ) -> None:
        result = CommandResult(jti=command.jti, cmd=command.cmd, status=status, problem=problem, output=output)
        raw, now = result.model_dump_json(exclude_none=True).encode(), self._clock.now()

        def work(txn: Transaction) -> None:
            journal.finish(txn, result.jti, result.status.value, raw)
            journal.forget_expired(txn, now.wall_us // 1_000_000 - 24 * 3600)
            txn.append(self._row(raw, result.jti))

        await self._store.commit(work)
        self._committed()

    async def _refuse(self, claims: dict[str, Any], failed: ProblemError) -> None:
        """Not written into the journal: whoever is not trusted shall not be able to spoil an id."""
        expired = failed.problem.code == "command-expired"
        result = CommandResult(
            jti=str(claims.get("jti", ""))[:128],
            cmd=str(claims.get("cmd", ""))[:64],
            status=CommandStatus.EXPIRED if expired else CommandStatus.REFUSED,
            problem=failed.problem,
        )
        await self._store.append([self._row(result.model_dump_json(exclude_none=True).encode(), result.jti)])
        self._committed()

    async def _answer_again(self, known: journal.Entry) -> None:
        if known.result is not None:
            await self._store.append([self._row(known.result, known.jti)])
            self._committed()

    def _row(self, result: bytes, jti: str) -> NewRow:
        now = self._clock.now()
        body = event_body(RESULT_TYPE, json.loads(result), jti or None)
        return NewRow(Lane.RECORD, now.wall_us, now.uptime_ms, now.quality.value, body)
