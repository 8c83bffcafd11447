# SPDX-License-Identifier: Apache-2.0
"""What roles drive reaches a sign over a real terminal line, the newest value, and again when the line was lost."""

import asyncio
import os
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path

import pytest

pytest.importorskip("serial", reason="pyserial is not installed (extra `serial`)")

from edge.agent import drivers
from edge.agent.drivers import Drivers
from edge.config.models import Sign
from edge.contract.problems import ProblemError
from edge.core.effects import Drive
from firmware_bridge.sign.profile import read_profile
from firmware_bridge.sign.simulator import SignSimulator

WITHIN_S = 200.0


class Bus:
    """The signs' end of a pseudo-terminal."""

    def __init__(self, profile: str, *addresses: int) -> None:
        self.signs = SignSimulator(read_profile(profile), frozenset(addresses))
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.port = os.ttyname(slave)
        self._slave = slave
        os.set_blocking(self._master, False)
        asyncio.get_running_loop().add_reader(self._master, self._arrived)
        self.changed = asyncio.Event()

    def _arrived(self) -> None:
        answer = self.signs.feed(os.read(self._master, 256))
        if answer:
            os.write(self._master, answer)
        self.changed.set()

    async def shows(self, shown: dict[int, int | None]) -> None:
        """Wait until people see this."""
        await happens(lambda: self.signs.shown == shown, self.changed)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        os.close(self._slave)


async def happens(true: Callable[[], bool], bell: asyncio.Event) -> None:
    """Wait for something that the bell tells of."""
    async with asyncio.timeout(WITHIN_S):
        while not true():
            bell.clear()
            await bell.wait()


@asynccontextmanager
async def running(driven: Drivers) -> AsyncIterator[None]:
    """The parts of these drivers."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_forever(run)) for _, run in driven.parts]
        yield
        for task in tasks:
            task.cancel()


async def _forever(run: Callable[[], object]) -> None:
    await run()  # type: ignore[misc]  # a part is a coroutine function


def sign(name: str, port: str, profile: str, address: int = 1) -> Sign:
    """As it is written in a device's file."""
    return Sign(name=name, port=port, profile=profile, address=address)


@pytest.mark.parametrize("profile", ["led-ascii", "led-modbus"])
def test_two_signs_on_one_line_show_the_newest_numbers(profile: str, tmp_path: Path) -> None:
    """Of what was driven while the port was not yet open only the newest is sent."""
    patient = tmp_path / "patient.toml"
    text = (resources.files("firmware_bridge.sign") / "profiles" / f"{profile}.toml").read_text("utf-8")
    patient.write_text(text.replace("within_s = 0.5", "within_s = 60.0"), "utf-8")

    async def play(profile: str = str(patient)) -> None:
        bus = Bus(profile, 1, 2)
        driven = Drivers([sign("gate", bus.port, profile), sign("ramp", bus.port, profile, 2)])
        for value in (9, 8, 7):
            driven.drive(Drive("gate", value))
        driven.drive(Drive("ramp", None))
        driven.drive(Drive("nobody", 1))
        async with running(driven):
            await bus.shows({1: 7, 2: None})
            assert bus.signs.frames == 2
            driven.drive(Drive("gate", 6))
            await bus.shows({1: 6, 2: None})
            assert driven.troubles() == []
        bus.close()

    asyncio.run(play())


def test_a_silent_sign_is_told_of_and_shows_its_number_when_it_hears_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its neighbour on the same line is not held up, and the trouble goes away by itself."""
    monkeypatch.setattr(drivers, "RETRY_S", 0.05)

    async def play() -> None:
        bus = Bus("led-modbus", 2)
        deaf = SignSimulator(read_profile("led-modbus"), frozenset({1, 2}))
        driven = Drivers([sign("gate", bus.port, "led-modbus"), sign("ramp", bus.port, "led-modbus", 2)])
        async with running(driven):
            driven.drive(Drive("gate", 3))
            driven.drive(Drive("ramp", 4))
            await bus.shows({2: 4})
            assert "gate" in [problem.detail["sign"] for problem in driven.troubles()]
            assert {problem.code for problem in driven.troubles()} == {"sign-silent"}
            bus.signs = deaf
            await bus.shows({1: 3})
            await happens(lambda: not driven.troubles(), bus.changed)
        bus.close()

    asyncio.run(play())


def test_a_port_that_is_not_there_is_told_of() -> None:
    """The role goes on; the status says what to do."""

    async def play() -> None:
        driven = Drivers([sign("gate", "/dev/no-such-port", "led-ascii")])
        async with running(driven):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert [problem.code for problem in driven.troubles()] == ["port-unusable"]

    asyncio.run(play())


@pytest.mark.parametrize("profiles", [("no-such",), ("led-ascii", "slow")])
def test_signs_that_cannot_share_a_line_are_refused(
    profiles: tuple[str, ...], tmp_path: pytest.TempPathFactory
) -> None:
    """A profile that is not there, and two speeds on one port."""
    slow = f"{tmp_path}/slow.toml"
    with open(slow, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write("name='slow'\n[line]\nbaud=1200\n[value]\ndigits=3\n[[frame]]\npart='digits'\n")
    named = [slow if profile == "slow" else profile for profile in profiles]
    with pytest.raises(ProblemError) as refused:
        Drivers([sign(f"s{number}", "/dev/ttyS9", profile, number) for number, profile in enumerate(named)])
    assert refused.value.problem.code == "sign-profile-invalid"
