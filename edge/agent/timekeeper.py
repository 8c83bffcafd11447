# SPDX-License-Identifier: Apache-2.0
"""Keeps the device's time: looks at the machine's clocks, listens to the hub, remembers over restarts, and repairs.

What must always be true here: what was learnt is in memory before the next batch is framed; an offset is on disk with
the row that tells the hub of it, or neither is; failing to write costs a second and is tried again.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from pydantic import TypeAdapter, ValidationError

from edge.agent.notices import notice
from edge.contract.clock import OFFSET_TYPE, ClockOffset, ClockState, LaneRange
from edge.contract.problems import Problem, ProblemError
from edge.contract.words import ClockQuality, Lane
from edge.core.clock import SteeredClock, instant
from edge.core.timekeeping import STEP_US, Belief, Look, Word, at_boot, looked, told
from edge.durable import boots
from edge.durable.store import Store
from edge.durable.transaction import Transaction
from edge.link.tls import Moment

SAVE_EVERY_MS = 900_000
"""So much time a device without a clock can lose with each power cut: what it remembers is older by that."""
OFF_MS = 10_000
"""A system clock that is further off is said to be: TLS, log files and other programs go by it."""
KEY = "clock"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is remembered of the time. `floor_us` is the earliest that it can be; all else is of that kernel boot only.

    `blind`: rows were written in it under an unset clock, and the hub was not told how to date them. `told_us`: the
    offset it was told of last.
    """

    boot_id: str = ""
    floor_us: int = 0
    ever_told: bool = False
    belief: Belief | None = None
    blind: bool = False
    told_us: int | None = None


_KEPT = TypeAdapter(Kept)


def remembered(store: Store) -> Kept:
    """What the store remembers; nothing if it never did. Every acknowledgement also left the hub's time."""
    try:
        kept = _KEPT.validate_json(store.meta(KEY, "{}"))
    except ValidationError as wrong:
        _log.warning("the time that was remembered cannot be read: %s", wrong)
        kept = Kept()
    hub_us = int(store.meta("hub_time_us", "0"))
    return replace(kept, floor_us=max(kept.floor_us, hub_us), ever_told=kept.ever_told or hub_us > 0)


def believed(kept: Kept, boot_id: str, look: Look) -> Belief:
    """What to believe at the start of an agent."""
    if kept.belief is not None and kept.boot_id == boot_id:
        return looked(kept.belief, look)
    return at_boot(look, kept.floor_us, ever_told=kept.ever_told)


def clock_without_agent(store: Store, boot_id: str, look: Look) -> SteeredClock:
    """The time as an agent would tell it, for who writes into the store while there is none."""
    belief = believed(remembered(store), boot_id, look)
    return SteeredClock(belief.offset_us, belief.quality(look.uptime_ms))


class Timekeeper:
    """One device's time. `clock` tells it; `beat` once a second; `hear` when the hub has said what time it is."""

    def __init__(
        self, store: Store, boot_id: str, machine: Callable[[], Look], clock: SteeredClock | None = None
    ) -> None:
        """Believe what this kernel boot has taught so far; nothing is written before the first beat."""
        self._store, self._boot_id, self._machine = store, boot_id, machine
        kept, look = remembered(store), machine()
        same = kept.boot_id == boot_id
        self._belief = believed(kept, boot_id, look)
        self._blind = same and kept.blind
        self._told_us = kept.told_us if same else None
        self._moved_us = 0
        self._settled = not self._belief.vouched or self._told_us is not None
        self._saved_ms: int | None = None
        self._first_start = store.first_start(boot_id)
        self._offsets: dict[int, int | None] = {}
        self._writing = False
        self.clock = clock or SteeredClock(self._belief.offset_us, ClockQuality.UNSET)
        self.committed: Callable[[], None] = lambda: None
        """Whom to tell when a row was written."""
        self._show(look.uptime_ms)

    @property
    def vouched(self) -> bool:
        """Whether the time is known."""
        return self._belief.vouched

    @property
    def floor_us(self) -> int:
        """The earliest that it can be now."""
        return self._belief.floor_at_us(self._machine().uptime_us)

    def offset_us(self, boot: int) -> int | None:
        """What right time was ahead of uptime when that agent ran; None if it is not known."""
        if boot >= self._first_start:
            return self._belief.offset_us if self._belief.vouched else None
        if boot not in self._offsets:
            self._offsets[boot] = self._store.offset_us(boot)
        return self._offsets[boot]

    def expected(self, boot: int) -> bool:
        """Whether the next word of the hub will tell it."""
        return boot >= self._first_start and not self._belief.vouched

    def beat(self) -> None:
        """Look at the clocks; write down what is new."""
        look = self._machine()
        self._adopt(looked(self._belief, look), look.uptime_ms)

    def hear(self, word: Word) -> None:
        """The hub has said what time it is."""
        self._adopt(told(self._belief, word), word.heard_us // 1_000)

    def state(self) -> ClockState:
        """For status and health."""
        belief, up_ms = self._belief, self._machine().uptime_ms
        return ClockState(
            source=belief.source,
            error_ms=belief.doubt_ms(up_ms) if belief.vouched else None,
            right_at=instant(belief.offset_us + belief.learnt_ms * 1_000) if belief.vouched else None,
            system_off_ms=(belief.system_us - belief.offset_us) // 1_000,
        )

    def ahead_us(self) -> int:
        """What the device's time is ahead of uptime."""
        return self.clock.offset_us

    def right_us(self) -> int | None:
        """The time, unless the clock is unset."""
        now = self.clock.now()
        return None if now.quality is ClockQuality.UNSET else now.wall_us

    def moment(self) -> Moment:
        """By what certificates are to be judged."""
        return Moment(self._machine().system_us, self.right_us(), self.floor_us)

    def problem(self) -> Problem | None:
        """What is wrong with the time, if anything is."""
        if self.clock.quality is ClockQuality.UNSET:
            return Problem(
                code="clock-unset", detail={"earliest": instant(self.floor_us).isoformat(timespec="seconds")}
            )
        off_ms = (self._belief.system_us - self._belief.offset_us) // 1_000
        if abs(off_ms) > OFF_MS:
            return Problem(code="clock-system-wrong", detail={"off_s": off_ms // 1_000})
        return None

    def _adopt(self, belief: Belief, uptime_ms: int) -> None:
        before, self._belief = self._belief, belief
        moved_us = belief.offset_us - before.offset_us
        if belief.vouched and (not before.vouched or abs(moved_us) > STEP_US):
            self._settled, self._moved_us = False, self._moved_us + moved_us
        self._show(uptime_ms)
        turned = (before.source, before.shaken) != (belief.source, belief.shaken)
        if turned:
            _log.info("the time is known by %s and %s", belief.source.value, self.clock.quality.value)
        due = self._saved_ms is None or uptime_ms - self._saved_ms >= SAVE_EVERY_MS
        if not self._writing and (turned or due or not self._settled):
            self._write(belief, uptime_ms)

    def _show(self, uptime_ms: int) -> None:
        self.clock.offset_us = self._belief.offset_us
        self.clock.quality = self._belief.quality(uptime_ms)
        self.clock.error_ms = self._belief.doubt_ms(uptime_ms) if self._belief.vouched else None
        self._blind = self._blind or self.clock.quality is ClockQuality.UNSET

    def _write(self, belief: Belief, uptime_ms: int) -> None:
        settle, moved_us = not self._settled, self._moved_us
        tell = settle and (self._blind or abs(moved_us) > STEP_US)
        kept = Kept(
            self._boot_id,
            belief.floor_at_us(uptime_ms * 1_000),
            belief.ever_told,
            belief,
            blind=self._blind and not settle,
            told_us=belief.offset_us if settle else self._told_us,
        )
        now = self.clock.now()

        def work(txn: Transaction) -> None:
            if settle:
                boots.set_offset(txn, self._boot_id, belief.offset_us)
            rows = boots.written_in(txn, self._boot_id) if tell else []
            if rows:
                txn.append(notice(OFFSET_TYPE, self._offset(belief, moved_us, rows), now))
            txn.set_meta(KEY, _KEPT.dump_json(kept).decode())

        self._writing = True
        done = self._store.commit_soon(work, patient=not settle)
        done.add_done_callback(partial(self._written, kept, uptime_ms, settle=settle))

    def _written(self, kept: Kept, uptime_ms: int, done: asyncio.Future[object], *, settle: bool) -> None:
        self._writing = False
        failed = None if done.cancelled() else done.exception()
        if isinstance(failed, ProblemError):
            _log.warning("the time cannot be written down: %s", failed)
        if done.cancelled() or failed is not None:
            return
        self._saved_ms = uptime_ms
        if settle:
            self._told_us = kept.told_us
            self._settled = abs(self._belief.offset_us - (kept.told_us or 0)) <= STEP_US
            self._blind, self._moved_us = False, 0
            self.committed()

    def _offset(self, belief: Belief, moved_us: int, rows: list[tuple[Lane, int, int]]) -> ClockOffset:
        return ClockOffset(
            boot=self._boot_id,
            zero=instant(belief.offset_us),
            source=belief.source,
            error_ms=belief.error_ms,
            moved_ms=moved_us // 1_000,
            rows=tuple(LaneRange(lane=lane, from_=first, to=last) for lane, first, last in rows),
        )
