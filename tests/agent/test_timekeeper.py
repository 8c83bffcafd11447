# SPDX-License-Identifier: Apache-2.0
"""The device's time over restarts, reboots and steps of the system clock, with a real store under it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from edge.agent.timekeeper import KEY, SAVE_EVERY_MS, Timekeeper, clock_without_agent, remembered
from edge.contract.clock import OFFSET_TYPE, ClockOffset, TimeSource
from edge.contract.problems import ProblemError
from edge.contract.words import ClockQuality, Lane
from edge.core.clock import EARLIEST_US, Now, SteeredClock, instant
from edge.core.timekeeping import Word
from edge.durable.rows import NewRow
from edge.durable.store import Store
from tests.durable.stores import open_bare
from tests.faults.wrong_machine import DAY_US, SECOND_US, YEAR_US, WrongMachine

BORN_US = EARLIEST_US + 100 * DAY_US


class Pole:
    """A store and a machine; agents come and go."""

    def __init__(self, folder: Path) -> None:
        open_bare(folder).close()
        self.folder = folder
        self.machine = WrongMachine(BORN_US)
        self.machine.boot(0, 0)
        self.store: Store
        self.keeper: Timekeeper

    def up(self) -> None:
        machine = self.machine
        loop = asyncio.get_running_loop()
        raw = Now(machine.look().system_us, machine.look().uptime_ms, ClockQuality.HELD)
        self.store = Store.open(self.folder, loop.call_soon_threadsafe, machine.boot_id, raw)
        clock = SteeredClock(0, ClockQuality.UNSET, machine.uptime_us)
        self.keeper = Timekeeper(self.store, machine.boot_id, machine.look, clock)

    async def beat(self, seconds: float = 1.0) -> None:
        self.machine.passes(round(seconds * SECOND_US))
        self.keeper.beat()
        await self.settle()

    async def settle(self) -> None:
        await self.store.commit(lambda txn: txn.set_meta("here", "1"))
        await asyncio.sleep(0)

    async def write(self, body: bytes = b'"type":"t"}') -> None:
        now = self.keeper.clock.now()
        await self.store.append([NewRow(Lane.STATE, now.wall_us, now.uptime_ms, now.quality.value, body)])

    async def hub_says(self, off_us: int = 0) -> None:
        up_us = self.machine.uptime_us()
        self.keeper.hear(Word(self.machine.true_us + off_us, up_us, up_us))
        await self.settle()

    def off_us(self) -> int:
        """What the device's time is ahead of the right one."""
        return self.keeper.clock.now().wall_us - self.machine.true_us

    def told(self) -> list[ClockOffset]:
        """What the hub will read of the time."""
        rows = [json.loads(b"{" + row.body) for row in self.store.rows(Lane.RECORD, 0, 1000)]
        return [ClockOffset.model_validate(row["data"]) for row in rows if row["type"] == OFFSET_TYPE]


def play(folder: Path, story: Callable[[Pole], Awaitable[Any]]) -> None:
    """One story; the store is closed at its end."""

    async def whole() -> None:
        pole = Pole(folder)
        pole.up()
        try:
            await story(pole)
        finally:
            pole.store.close()

    asyncio.run(whole())


def test_time_becomes_known(tmp_path: Path) -> None:
    """Rows of a boot without a clock are dated once the hub has spoken, and it is told which it has had already."""

    async def story(pole: Pole) -> None:
        await pole.write()
        await pole.beat()
        await pole.write()
        boot = pole.store.boot
        assert (pole.keeper.offset_us(boot), pole.keeper.expected(boot)) == (None, True)
        assert pole.keeper.clock.quality is ClockQuality.UNSET
        assert pole.keeper.problem() is not None
        assert pole.keeper.right_us() is None
        await pole.hub_says()
        assert abs(pole.off_us()) <= 1_000
        assert pole.keeper.expected(boot) is False
        (told,) = pole.told()
        assert abs(told.zero - instant(BORN_US)).total_seconds() < 0.002
        assert [(span.lane, span.from_, span.to) for span in told.rows] == [(Lane.STATE, 1, 2)]
        offset_us = pole.keeper.offset_us(boot)
        assert offset_us is not None
        assert pole.store.offset_us(boot) == offset_us == pytest.approx(BORN_US, abs=1_000)
        assert pole.keeper.moment().right_us == pole.keeper.clock.now().wall_us
        found = pole.keeper.problem()
        assert found is not None
        assert found.code == "clock-system-wrong"

    play(tmp_path, story)


def test_what_was_learnt_lives_through_a_restart(tmp_path: Path) -> None:
    """Within a kernel boot the next agent knows the time at once, and tells the hub nothing twice."""

    async def story(pole: Pole) -> None:
        await pole.write()
        await pole.beat()
        await pole.hub_says()
        pole.machine.jumps(10 * YEAR_US)
        await pole.beat()
        pole.store.close()
        pole.up()
        assert abs(pole.off_us()) <= 1_000
        assert pole.keeper.clock.quality is ClockQuality.SYNCED
        assert pole.keeper.clock.now().error_ms is not None
        await pole.beat()
        first = pole.keeper.offset_us(pole.store.boot - 1)
        assert first == pole.keeper.offset_us(pole.store.boot)
        assert len(pole.told()) == 1

    play(tmp_path, story)


def test_learnt_after_a_restart_dates_the_earlier_agents_rows(tmp_path: Path) -> None:
    """The range that is told begins with the kernel boot, not with the agent."""

    async def story(pole: Pole) -> None:
        await pole.write()
        await pole.beat()
        pole.store.close()
        pole.up()
        await pole.write()
        await pole.beat()
        assert pole.keeper.expected(pole.store.boot - 1)
        await pole.hub_says()
        (told,) = pole.told()
        assert [(span.from_, span.to) for span in told.rows if span.lane is Lane.STATE] == [(1, 2)]
        assert pole.store.offset_us(pole.store.boot - 1) == pole.store.offset_us(pole.store.boot) is not None

    play(tmp_path, story)


def test_an_earlier_boot_stays_what_it_was(tmp_path: Path) -> None:
    """Rows of a boot in which nobody told the time stay `unset`; a boot in which somebody did keeps its offset."""

    async def story(pole: Pole) -> None:
        await pole.write()
        await pole.beat()
        dark, shown_us = pole.store.boot, pole.keeper.clock.now().wall_us
        for known in (False, True):
            pole.store.close()
            pole.machine.boot(3600 * SECOND_US, 0)
            pole.up()
            await pole.beat()
            if known:
                await pole.hub_says()
        assert pole.keeper.offset_us(dark) is None
        assert not pole.keeper.expected(dark)
        lit = pole.store.boot
        pole.store.close()
        pole.machine.boot(3600 * SECOND_US, 0)
        pole.up()
        assert pole.keeper.offset_us(lit) == pole.keeper.offset_us(lit) is not None
        assert shown_us < pole.keeper.clock.now().wall_us <= pole.machine.true_us
        assert pole.keeper.clock.quality is ClockQuality.UNSET

    play(tmp_path, story)


def test_time_service_from_the_start_tells_nothing(tmp_path: Path) -> None:
    """Where the time is right from the first row on there is nothing to repair."""

    async def story(pole: Pole) -> None:
        pole.store.close()
        pole.machine.boot(0, None)
        pole.machine.serve()
        pole.up()
        await pole.write()
        await pole.beat()
        assert pole.told() == []
        assert pole.keeper.problem() is None
        state = pole.keeper.state()
        assert (state.source, state.system_off_ms, state.error_ms) == (TimeSource.TIME_SERVICE, 0, 5)
        assert pole.store.offset_us(pole.store.boot) == pole.machine.booted_us

    play(tmp_path, story)


def test_held_clock_that_was_wrong_is_told(tmp_path: Path) -> None:
    """A clock of its own that was hours off is set by the hub, and the hub learns by how much."""

    async def story(pole: Pole) -> None:
        pole.store.close()
        pole.machine.boot(0, pole.machine.true_us + 3 * 3600 * SECOND_US)
        pole.up()
        await pole.write()
        await pole.beat()
        assert pole.keeper.clock.quality is ClockQuality.HELD
        await pole.hub_says()
        (told,) = pole.told()
        assert told.moved_ms == pytest.approx(-3 * 3600 * 1000, abs=5)

    play(tmp_path, story)


def test_full_disk_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is right at once; what cannot be written is written when it can be, with its row."""

    async def story(pole: Pole) -> None:
        await pole.write()
        await pole.beat()

        def full(*_: object) -> None:
            raise ProblemError("disk-full", path="a test")

        with monkeypatch.context() as patch:
            patch.setattr("edge.durable.boots.set_offset", full)
            await pole.hub_says()
            assert abs(pole.off_us()) <= 1_000
            assert pole.told() == []
            assert pole.store.offset_us(pole.store.boot) is None
        await pole.beat()
        assert len(pole.told()) == 1

    play(tmp_path, story)


def test_flash_is_spared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand beats without news write once; a quarter of an hour later the time is remembered again."""

    async def story(pole: Pole) -> None:
        written: list[str] = []
        monkeypatch.setattr(
            "edge.durable.transaction.Transaction.set_meta", lambda _, key, value: written.append(f"{key} {value}")
        )
        for _ in range(100):
            pole.machine.passes(SECOND_US)
            pole.keeper.beat()
            await asyncio.sleep(0)
        await pole.settle()
        assert len([one for one in written if one.startswith(KEY)]) == 1
        await pole.beat(SAVE_EVERY_MS / 1000)
        assert len([one for one in written if one.startswith(KEY)]) == 2

    play(tmp_path, story)


def test_memory_that_is_damaged(tmp_path: Path) -> None:
    """What cannot be read is as good as nothing; the hub's last word is still there."""

    async def story(pole: Pole) -> None:
        await pole.store.commit(lambda txn: txn.set_meta(KEY, '{"belief": 7}'))
        await pole.store.commit(lambda txn: txn.set_meta("hub_time_us", str(BORN_US)))
        kept = remembered(pole.store)
        assert (kept.belief, kept.floor_us, kept.ever_told) == (None, BORN_US, True)

    play(tmp_path, story)


def test_who_writes_without_an_agent(tmp_path: Path) -> None:
    """Gets the time that an agent would tell."""

    async def story(pole: Pole) -> None:
        await pole.beat()
        await pole.hub_says()
        pole.machine.passes(SECOND_US)
        clock = clock_without_agent(pole.store, pole.machine.boot_id, pole.machine.look())
        assert clock.offset_us == pole.keeper.clock.offset_us
        assert clock.quality is ClockQuality.SYNCED
        assert clock_without_agent(pole.store, "another", pole.machine.look()).quality is ClockQuality.UNSET

    play(tmp_path, story)
