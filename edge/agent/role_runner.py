# SPDX-License-Identifier: Apache-2.0
"""The only shell around a role: step, commit, then act.

What must always be true here: new state and the rows of its step are on disk together or not at all; a picture is on
disk before a row that names it; nobody outside sees an effect before the commit that holds it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, assert_never

from pydantic import BaseModel

from edge.agent.mailbox import RoleMailbox
from edge.agent.notices import problem_notice
from edge.contract.blobs import BlobRef
from edge.contract.commands import CommandName
from edge.contract.envelope import event_body
from edge.contract.problems import Problem, ProblemError
from edge.core.clock import Clock, Now
from edge.core.effects import Drive, Effect, Emit, KeepEvidence, ReleaseEvidence
from edge.core.errands import Errand
from edge.core.inputs import Input, Ordered, Started
from edge.core.tracks import PictureRef
from edge.durable.evidence_chain import chain_head, move_head
from edge.durable.rows import NewRow
from edge.durable.store import Store
from edge.durable.transaction import Transaction
from edge.identity.keystore import KeyStore
from edge.identity.manifests import sign_next
from edge.roles.role import AnyRole

CHECKPOINT_EVERY_S = 10.0
"""Steps that emit nothing are written down this seldom: flash wears."""
RETRY_EVERY_S = 2.0
"""How often a step waits for room when the disk is full; its input is not lost meanwhile."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a role's effects need of the agent."""

    store: Store
    clock: Clock
    device: str
    keys: Callable[[], KeyStore]
    rings: Callable[[str], Path | None]
    """Where the picture of a hash lies, if a ring still has it."""
    committed: Callable[[], None]
    """Called after each commit that added rows."""
    drive: Callable[[Drive], None] = lambda _: None
    """Called after the commit; never waits."""


@dataclass(slots=True)
class _Prepared:
    """What a step asks of its commit, in the order in which it is done."""

    kept: list[tuple[str, BlobRef]] = field(default_factory=list)
    sent: list[BlobRef] = field(default_factory=list)
    rows: list[NewRow | Emit] = field(default_factory=list)
    """An `Emit` is still to be signed: its place in the chain is known only inside the commit."""
    released: list[str] = field(default_factory=list)


class RoleRunner:
    """Runs one role for ever."""

    def __init__(self, role: AnyRole, settings: BaseModel, mailbox: RoleMailbox, around: Surroundings) -> None:
        """Take up the state that was committed last, or the first one."""
        self._role = role
        self._settings = settings
        self.mailbox = mailbox
        self.problem: Problem | None = None
        """Why the role waits, if it does."""
        self._around = around
        self._state = self._last_state()
        self._committed_state = self._state
        self._committed_ms = around.clock.now().uptime_ms
        self._awaited: dict[int, asyncio.Event] = {}
        """Orders that somebody waits for, by identity: the hub may order the same twice."""

    @property
    def name(self) -> str:
        """The role's name."""
        return self._role.name

    @property
    def errands(self) -> tuple[Errand, ...]:
        """What the role asks of its cameras."""
        return self._role.needs.errands(self._settings)

    @property
    def orders(self) -> Mapping[CommandName, type[BaseModel]]:
        """Which of the hub's commands the role heeds."""
        return self._role.needs.orders

    async def obey(self, order: BaseModel) -> None:
        """Lead an order to the role. What it has made of it is on disk afterwards."""
        ordered = Ordered(self._around.clock.now(), order)
        taken = asyncio.Event()
        self._awaited[id(ordered)] = taken
        self.mailbox.put(ordered)
        try:
            await taken.wait()
        finally:
            del self._awaited[id(ordered)]

    async def run(self) -> None:
        """Take inputs until cancelled; then write down the last state."""
        await self._take(Started(self._around.clock.now(), self._around.device))
        try:
            while True:
                await self._take(await self.mailbox.get())
        finally:
            await self._checkpoint()

    def _last_state(self) -> object:
        stored = self._around.store.role_state(self._role.name)
        if stored is None:
            return self._role.first_state(self._settings)
        try:
            return self._role.state.validate_json(stored)
        except ValueError as wrong:
            _log.warning("role %s: stored state cannot be read, starting over: %s", self._role.name, wrong)
            return self._role.first_state(self._settings)

    async def _take(self, happened: Input) -> None:
        state, effects = self._role.step(self._settings, self._state, happened)
        if effects:
            await self._commit(state, effects, happened.now)
        self._state = state
        due = happened.now.uptime_ms - self._committed_ms >= CHECKPOINT_EVERY_S * 1000
        if due and state is not self._committed_state:
            await self._checkpoint()
        if taken := self._awaited.get(id(happened)):
            taken.set()

    async def _commit(self, state: object, effects: tuple[Effect, ...], now: Now) -> None:
        """A full disk stops the role, not the agent: the step waits for room."""
        document = self._role.state.dump_json(state)
        while True:
            try:
                prepared = await asyncio.to_thread(self._prepare, effects, now)

                def work(txn: Transaction, prepared: _Prepared = prepared) -> None:
                    self._write(txn, prepared, now)
                    txn.set_role_state(self._role.name, document, now.wall_us)

                await self._written(work, state, now)
            except ProblemError as failed:
                self.problem = failed.problem
                _log.warning("role %s waits: %s", self._role.name, failed)
                await asyncio.sleep(RETRY_EVERY_S)
            else:
                self.problem = None
                self._around.committed()
                for effect in effects:
                    if isinstance(effect, Drive):
                        self._around.drive(effect)
                return

    def _write(self, txn: Transaction, prepared: _Prepared, now: Now) -> None:
        blobs = self._around.store.blobs
        for keeper, blob in prepared.kept:
            # Another keeper may have let go of the same picture since it was prepared: then it is prepared again.
            if not blobs.path(blob.sha256).exists():
                raise ProblemError("evidence-gone", sha256=blob.sha256)
            txn.keep_picture(keeper, blob.sha256)
        for blob in prepared.sent:
            if blobs.path(blob.sha256).exists():
                txn.append_blob(blob, now)
        for row in prepared.rows:
            txn.append(self._signed(txn, row) if isinstance(row, Emit) else row)
        for keeper in prepared.released:
            txn.release_pictures(keeper, blobs.unlink)

    async def _written(self, work: Callable[[Transaction], None], state: object, now: Now) -> None:
        """What is on its way to the disk arrives there even if we are told to stop, and then it is our state."""
        pending = self._around.store.commit_soon(work)
        try:
            await asyncio.shield(pending)
        finally:
            await asyncio.wait([pending])
            if pending.exception() is None:
                self._state = state
                self._note_committed(state, now)

    async def _checkpoint(self) -> None:
        if self._state is self._committed_state:
            return
        state, now = self._state, self._around.clock.now()
        document = self._role.state.dump_json(state)
        try:
            await self._around.store.commit(lambda txn: txn.set_role_state(self._role.name, document, now.wall_us))
        except ProblemError as failed:
            _log.warning("role %s: %s", self._role.name, failed)
            return
        self._note_committed(state, now)

    def _note_committed(self, state: object, now: Now) -> None:
        self._committed_state = state
        self._committed_ms = now.uptime_ms

    def _prepare(self, effects: tuple[Effect, ...], now: Now) -> _Prepared:
        """Everything that blocks, before the commit: pictures linked and fsynced, the key at hand.

        A picture that is gone is told of; for room there is waiting.
        """
        prepared = _Prepared()
        for effect in effects:
            match effect:
                case KeepEvidence(picture, keeper):
                    try:
                        prepared.kept.append((self._keeper(keeper), self._keep(picture)))
                    except ProblemError as failed:
                        if failed.problem.code != "evidence-gone":
                            raise
                        _log.warning("role %s: %s", self._role.name, failed)
                        prepared.rows.append(problem_notice(failed.problem, now))
                case Emit():
                    if effect.manifest is not None:
                        self._around.keys()
                    prepared.rows.append(_row(effect, effect.data) if effect.manifest is None else effect)
                    prepared.sent += [picture.blob for picture in effect.pictures]
                case ReleaseEvidence(keeper):
                    prepared.released.append(self._keeper(keeper))
                case Drive():
                    pass  # once everything is on disk
                case other:
                    assert_never(other)
        return prepared

    def _keep(self, picture: PictureRef) -> BlobRef:
        blob = picture.blob
        blobs = self._around.store.blobs
        source = self._around.rings(picture.sha256)
        if source is None and not blobs.path(picture.sha256).exists():
            raise ProblemError("evidence-gone", sha256=picture.sha256)
        if source is not None:
            blobs.keep_file(blob, source)
        return blob

    def _keeper(self, keeper: str) -> str:
        return f"{self._role.name}/{keeper}"

    def _signed(self, txn: Transaction, emit: Emit) -> NewRow:
        """Signing and moving the chain's head are one commit, so that neither a power cut nor another role forks it."""
        around, manifest = self._around, emit.manifest or {}
        token, head = sign_next(around.keys(), manifest, around.device, around.store.epoch, chain_head(txn))
        move_head(txn, head)
        return _row(emit, {**emit.data, "manifest": token})


def _row(emit: Emit, data: Mapping[str, Any]) -> NewRow:
    body = event_body(emit.type, data, emit.subject)
    return NewRow(emit.lane, emit.at.wall_us, emit.at.uptime_ms, emit.at.quality.value, body)
