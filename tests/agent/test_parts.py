# SPDX-License-Identifier: Apache-2.0
"""Supervisor, mailbox, front desk and service manager: what keeps the agent's parts apart and alive."""

import asyncio
import os
import socket
import tempfile
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from edge.agent import supervisor as supervisor_module
from edge.agent.activity import EVERY_US, Activity
from edge.agent.emission import row_of
from edge.agent.front_desk import FrontDesk
from edge.agent.mailbox import RoleMailbox
from edge.agent.role_runner import Surroundings
from edge.agent.service_manager import ServiceManager
from edge.agent.supervisor import FAILURES, Part, Supervisor
from edge.contract.local import MAX_EVENT_BYTES, EmitAsked, Emitted, EventLine, Refused
from edge.contract.problems import Problem, ProblemError
from edge.core.clock import ManualClock, instant
from edge.core.geometry import Box
from edge.core.inputs import CameraChanged, Input, Seen, Ticked
from edge.core.tracks import Kind, Sighting, Track
from edge.durable.store import Store
from tests.durable.stores import NOW, open_bare


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that failed is started again at once."""
    monkeypatch.setattr(supervisor_module, "_PAUSE_S", 0.0)


def changed(name: str) -> Input:
    return CameraChanged(NOW, name, online=True)


def seen(number: int) -> Input:
    return Seen(NOW, Sighting("gate", number, ()))


def test_part_that_fails_is_started_again() -> None:
    """A failure is told and the part runs anew; the others never notice."""

    async def story() -> None:
        told: list[Problem] = []
        lives = 0

        async def tell(problem: Problem) -> None:
            told.append(problem)

        async def stumble() -> None:
            nonlocal lives
            lives += 1
            if lives < FAILURES:
                raise ValueError("a test")

        await Supervisor(tell).run([Part("stumbles", stumble)])
        assert lives == FAILURES
        assert [problem.detail["reason"] for problem in told] == ["ValueError: a test"] * (FAILURES - 1)

    asyncio.run(story())


def test_supervisor_gives_up_after_five_failures() -> None:
    """A part that cannot live takes the agent down, by name, and the other parts are stopped in order."""

    async def story() -> None:
        stopped = False

        async def tell(_: Problem) -> None:
            return

        async def crash() -> None:
            raise ValueError("a test")

        async def live() -> None:
            nonlocal stopped
            try:
                await asyncio.Event().wait()
            finally:
                stopped = True

        with pytest.raises(ProblemError) as failed:
            await Supervisor(tell).run([Part("crashes", crash), Part("lives", live)])
        assert (failed.value.problem.code, failed.value.problem.detail["part"]) == ("part-failed", "crashes")
        assert stopped

    asyncio.run(story())


def test_a_part_that_is_not_vital_rests_and_takes_nobody_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """A role that cannot live is told of and left alone for a while; the outbox goes on being delivered."""
    monkeypatch.setattr(supervisor_module, "_REST_S", 0.0)
    enough = 2 * FAILURES

    async def story() -> None:
        told: list[Problem] = []

        async def tell(problem: Problem) -> None:
            told.append(problem)

        async def crash() -> None:
            if len(told) < enough:
                raise ValueError("a test")

        await Supervisor(tell).run([Part("role", crash, vital=False)])
        assert len(told) == enough

    asyncio.run(story())


def test_failures_far_apart_are_forgiven(monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera that drops once an hour for years is no reason to give up."""

    async def story() -> None:
        now = 0.0
        lives = 0
        monkeypatch.setattr("edge.agent.supervisor.time.monotonic", lambda: now)

        async def tell(_: Problem) -> None:
            return

        async def stumble() -> None:
            nonlocal now, lives
            now += 3600.0
            lives += 1
            if lives < 20:
                raise ValueError("a test")

        await Supervisor(tell).run([Part("stumbles", stumble)])
        assert lives == 20

    asyncio.run(story())


def test_supervisor_stops_when_told() -> None:
    """Cancelling ends all parts and is no failure."""

    async def story() -> None:
        async def tell(_: Problem) -> None:
            raise AssertionError

        work = asyncio.create_task(Supervisor(tell).run([Part("lives", asyncio.Event().wait)]))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    asyncio.run(story())


def test_mailbox_keeps_the_newest_sightings_and_all_news() -> None:
    """When full, the oldest of what is only worth something fresh goes; a camera lost is never dropped."""

    async def story() -> None:
        mailbox = RoleMailbox(capacity=3)
        for happened in (changed("a"), seen(1), Ticked(NOW), seen(2), changed("b"), changed("c"), changed("d")):
            mailbox.put(happened)
        assert mailbox.dropped == 3
        assert [await mailbox.get() for _ in range(4)] == [changed("a"), changed("b"), changed("c"), changed("d")]

    asyncio.run(story())


def test_mailbox_makes_who_asks_wait_for_room() -> None:
    """A recording played fast waits instead of losing frames."""

    async def story() -> None:
        mailbox = RoleMailbox(capacity=1)
        await mailbox.room()
        mailbox.put(seen(1))
        waiting = asyncio.create_task(mailbox.room())
        await asyncio.sleep(0)
        assert not waiting.done()
        assert await mailbox.get() == seen(1)
        await waiting
        getting = asyncio.create_task(mailbox.get())
        await asyncio.sleep(0)
        mailbox.put(seen(2))
        assert await getting == seen(2)
        assert mailbox.dropped == 0

    asyncio.run(story())


def event(**changes: object) -> EventLine:
    return EventLine.model_validate({"type": "sewage.level.v1", "data": {"cm": 41}, **changes})


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (event(type="level"), "event-invalid"),
        (event(type="cn.dongtou.edge.Level.v1"), "event-invalid"),
        (event(data={"x": float("nan")}), "event-invalid"),
        (event(data={"x": "x" * MAX_EVENT_BYTES}), "event-too-large"),
    ],
    ids=["no_fact", "capital", "not_a_number", "too_large"],
)
def test_event_that_is_none_is_refused(line: EventLine, code: str) -> None:
    """What could not travel is refused at the door, with the reason."""
    with pytest.raises(ProblemError) as failed:
        row_of(line, NOW)
    assert failed.value.problem.code == code


def test_event_says_when_it_was() -> None:
    """A sender may know better when something happened; the uptime is ours."""
    at = instant(NOW.wall_us - 5_000_000)
    assert (row_of(event(time=at), NOW).time_us, row_of(event(), NOW).time_us) == (NOW.wall_us - 5_000_000, NOW.wall_us)


def test_front_desk_answers_when_it_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id means on disk; a full disk and a wrong event are answered too."""

    async def story() -> list[BaseModel]:
        open_bare(tmp_path).close()
        store = Store.open(tmp_path, asyncio.get_running_loop().call_soon_threadsafe, "boot", NOW)
        unused: Any = None
        around = Surroundings(store, ManualClock(NOW), "pole-1", unused, unused, committed=lambda: None)
        desk = FrontDesk(around, unused, tmp_path)
        lines = (event(key="k"), event(key="k"), event(type="x"))
        answers = [await desk.answer(EmitAsked(event=line)) for line in lines]

        def full(*_: object) -> None:
            raise ProblemError("disk-full", path="a test")

        monkeypatch.setattr("edge.durable.transaction.Transaction.append", full)
        answers.append(await desk.answer(EmitAsked(event=event())))
        store.close()
        return answers

    first, again, wrong, full = asyncio.run(story())
    assert isinstance(first, Emitted)
    assert first == again
    assert isinstance(wrong, Refused)
    assert wrong.problem.code == "event-invalid"
    assert isinstance(full, Refused)
    assert full.problem.code == "disk-full"


def test_systemd_hears_of_us() -> None:
    """Ready, alive and stopping reach the notification socket; without one nothing is said."""
    with tempfile.TemporaryDirectory(prefix="dt-") as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.bind(f"{folder}/notify")
        door.settimeout(200)
        service = ServiceManager({"NOTIFY_SOCKET": f"{folder}/notify", "WATCHDOG_USEC": "20000"})
        service.ready()
        assert door.recv(99).startswith(b"READY=1\nMAINPID=")

        async def feed() -> None:
            work = asyncio.create_task(service.run())
            for _ in range(3):
                assert await asyncio.to_thread(door.recv, 99) == b"WATCHDOG=1"
            work.cancel()

        asyncio.run(feed())
        service.stopping()
        while (said := door.recv(99)) == b"WATCHDOG=1":
            pass
        assert said == b"STOPPING=1"
    silent = ServiceManager({})
    silent.ready()
    asyncio.run(silent.run())


def test_systemd_in_the_abstract_namespace() -> None:
    """Containers hand over an abstract socket, written with an @."""
    name = f"dt-notify-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.bind(f"\0{name}")
        door.settimeout(200)
        ServiceManager({"NOTIFY_SOCKET": f"@{name}"}).stopping()
        assert door.recv(99) == b"STOPPING=1"


def track(number: int, kind: Kind = Kind.CAR) -> Track:
    return Track(number, kind, 0.9, Box(0, 0, 1, 1), 0, 0, seen=True, arrived=True, still_since_us=None)


def test_activity_counts_each_track_once() -> None:
    """A car that stays for an hour is one car; after a worker's restart counting starts over."""
    activity = Activity("gate")
    at = NOW.wall_us
    assert activity.saw(Sighting("gate", at, (track(1), track(2, Kind.BUS)))) is None
    assert activity.saw(Sighting("gate", at + 1, (track(1), track(2, Kind.BUS)))) is None
    told = activity.saw(Sighting("gate", at + EVERY_US, (track(3),)))
    assert told is not None
    assert (told.arrived, told.frames) == ({"car": 2, "bus": 1}, 3)
    assert activity.saw(Sighting("gate", at + 2 * EVERY_US, (track(3),))) is None
    activity.begin_anew()
    restarted = activity.saw(Sighting("gate", at + 3 * EVERY_US, (track(1),)))
    assert restarted is not None
    assert restarted.arrived == {"car": 1}
