# SPDX-License-Identifier: Apache-2.0
"""Clocks that come up in 1970, are set by ten years, or are wrong for half a year: nothing is lost, times come right.

The process of the agent is shown another wall clock by libfaketime; uptime stays the machine's own.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.contract.clock import OFFSET_TYPE, ClockOffset, TimeSource
from edge.contract.local import Status
from edge.core.clock import uptime_us
from edge.core.timekeeping import VAGUE_MS
from edge.durable.rows import Row
from edge.link.batches import Batcher
from provisioning.bench.record import Record
from tests.faults import clock as suite
from tests.scenarios.load import LOAD_TYPE, Line, Pace, wait_until
from tests.scenarios.world import LinkTimes, World

LIBRARIES = tuple(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
SLOW = Pace(lines=4, rest_s=0.05, pad=40)
PATIENT = LinkTimes(ack_timeout_s=60.0, connect_timeout_s=60.0, silence_s=60.0)
"""A word that comes late is waited for: on a new connection some more rows go before the time is known."""

pytestmark = pytest.mark.scenario


class FakedClock:
    """The wall clock that a world's agent is shown: set it at any time."""

    def __init__(self, folder: Path) -> None:
        """Not faked yet."""
        self._file = folder / "shown"

    @property
    def environment(self) -> dict[str, str]:
        """What the process needs."""
        return {
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def shows(self, off: timedelta) -> None:
        """So far from the right time, from now on."""
        whole = self._file.with_suffix(".new")
        whole.write_text(f"{off.total_seconds():+.0f}\n")
        whole.replace(self._file)

    def shows_1970(self) -> None:
        """As a machine without a battery."""
        self.shows(timedelta(days=1) - (datetime.now(UTC) - datetime(1970, 1, 1, tzinfo=UTC)))


def shared_memory() -> set[Path]:
    """What the library shares among processes, and leaves behind when one of them is killed."""
    return set(Path("/dev/shm").glob("*faketime*"))


@pytest.fixture
def faked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakedClock]:
    """A clock that the next agent is shown."""
    if not LIBRARIES:
        pytest.skip("no libfaketime here (Debian package faketime)")
    clock = FakedClock(folder)
    clock.shows(timedelta(0))
    before = shared_memory()
    yield clock
    monkeypatch.undo()
    for left in shared_memory() - before:
        left.unlink(missing_ok=True)


def start_agent(world: World, clock: FakedClock) -> None:
    """Only the agent is shown the other clock."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in clock.environment.items():
            patch.setenv(name, value)
        world.agent.start()


def status(world: World) -> Status:
    """How the agent is."""
    return world.agent.answer()


def events(world: World, kind: str = f"%{LOAD_TYPE}") -> list[dict[str, Any]]:
    """What the hub has, oldest first."""
    record = Record(world.hub.folder)
    try:
        return record.events(kind, most=100_000)[::-1]
    finally:
        record.close()


def told_offsets(world: World) -> list[ClockOffset]:
    """What the device told of its time afterwards."""
    return [ClockOffset.model_validate(event["data"]) for event in events(world, OFFSET_TYPE)]


def right_span(lines: list[Line], began: datetime) -> tuple[datetime, datetime]:
    """Between which times everything was written, and what the hub's word may be off where it came late."""
    assert lines
    off = timedelta(milliseconds=VAGUE_MS)
    return began - off, datetime.now(UTC) + off


def assert_times_right(world: World, lines: list[Line], began: datetime) -> int:
    """Every event is dated within the story, by itself or by what was told of it. Gives how many by itself."""
    first, last = right_span(lines, began)
    offsets = [span for offset in told_offsets(world) for span in offset.rows]
    by_itself = 0
    for event in events(world):
        if first <= datetime.fromisoformat(event["time"]) <= last:
            by_itself += 1
        else:
            seq = int(event["id"].rsplit("-", 1)[1])
            assert any(span.lane.value == event["lane"] and span.from_ <= seq <= span.to for span in offsets)
    return by_itself


@pytest.mark.broker
@pytest.mark.slow
def test_clock_at_1970(world: World, faked: FakedClock) -> None:
    """A pole up in 1970 without a link accepts; when the hub answers, what it still holds goes with right times."""
    world.configure(times=PATIENT)
    faked.shows_1970()
    began = datetime.now(UTC)
    start_agent(world, faked)
    load = world.load("early", pace=SLOW)
    load.until(60)
    unset = status(world)
    assert unset.time is not None
    assert (unset.clock, unset.time.source) == ("unset", TimeSource.NONE)
    assert "clock-unset" in {problem.code for problem in unset.problems}
    world.broker.start()
    world.hub.start()
    wait_until(lambda: status(world).clock == "synced", 30, "the hub tells the time")
    load.until(20)
    lines = world.settled()
    known = status(world)
    assert known.time is not None
    assert known.time.source is TimeSource.HUB
    assert {problem.code for problem in known.problems} == {"clock-system-wrong"}
    by_itself = assert_times_right(world, lines, began)
    assert by_itself >= len(lines) - 2 * len({line.lane for line in lines}) * 16
    zero = datetime.now(UTC) - timedelta(microseconds=uptime_us())
    for offset in told_offsets(world):
        assert abs(offset.zero - zero) < timedelta(seconds=1, milliseconds=offset.error_ms)


@pytest.mark.broker
@pytest.mark.slow
def test_clock_set_by_ten_years(world: World, faked: FakedClock) -> None:
    """Ten years ahead and ten back while it runs, and a restart between: times and order stay, and it is said."""
    began = datetime.now(UTC)
    world.broker.start()
    world.hub.start()
    start_agent(world, faked)
    load = world.load("steady", pace=SLOW)
    wait_until(lambda: status(world).clock == "synced", 30, "the hub tells the time")
    for years in (10, -10):
        faked.shows(timedelta(days=365 * years))
        wait_until(lambda: world.agent.has_problem("clock-system-wrong"), 30, "the step is noticed")
        load.until(20)
        assert status(world).clock == "synced"
    # With nobody at the store: shown an earlier clock, `time.sleep` fails under libfaketime, and waiting needs it.
    load.finish()
    world.agent.kill()
    start_agent(world, faked)
    assert status(world).clock == "synced", "what this boot has learnt lives through a restart"
    world.load("after", pace=SLOW).until(20)
    faked.shows(timedelta(0))
    wait_until(lambda: not status(world).problems, 30, "the system clock is right again")
    lines = world.settled()
    assert assert_times_right(world, lines, began) == len(lines)


@pytest.mark.slow
def test_half_a_year_offline_with_sixty_reboots(folder: Path) -> None:
    """180 days, 60 power-ups with any clock: all arrives once, in order, and no time claims more than is so."""
    tally = asyncio.run(suite.one_life(11, folder / "life"))
    assert tally.clean, tally
    assert tally.faults >= 150
    assert tally.accepted >= 1000


def test_suite_sees_a_wrong_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that dates its rows five seconds wrong, and calls them synced, is found out by the suite."""
    dated = Batcher._dated

    def late(batcher: Batcher, row: Row) -> tuple[int, str, bool]:
        time_us, _, alone = dated(batcher, row)
        return time_us + 5_000_000, "synced", alone

    monkeypatch.setattr(Batcher, "_dated", late)
    assert asyncio.run(suite.one_life(11, folder / "life", boots=3)).corrupt > 0
