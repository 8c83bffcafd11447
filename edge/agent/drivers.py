# SPDX-License-Identifier: Apache-2.0
"""Carries out what roles drive: the newest value of each actuator, a task for each port, the same again now and then.

What must always be true here: nobody who drives waits; a value that could not be sent is sent when its port is back,
unless a newer one has taken its place; a port is held by one task alone.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby

from edge.config.models import Sign
from edge.contract.problems import Problem, ProblemError
from edge.core.effects import Drive
from firmware_bridge.port import LineSettings, Port, PortLostError, PortOpenError
from firmware_bridge.sign.driver import SignSilentError, show
from firmware_bridge.sign.messages import Show
from firmware_bridge.sign.profile import Profile, ProfileError, read_profile

RETRY_S = 5.0
"""How often a port that cannot be had, or a sign that is silent, is tried again."""
OpenPort = Callable[[str, LineSettings], Port]
_log = logging.getLogger(__name__)


def open_port(name: str, settings: LineSettings) -> Port:
    """A serial port; pyserial is loaded by devices that have one."""
    from firmware_bridge.ports.serial_port import open_serial_port  # noqa: PLC0415 (see above)

    return open_serial_port(name, settings)


class Drivers:
    """All actuators of the device, by name."""

    def __init__(self, signs: Sequence[Sign], opened: OpenPort = open_port) -> None:
        """Raises `ProblemError` sign-profile-invalid."""
        by_port = sorted(signs, key=lambda sign: sign.port)
        self._buses = [_Bus(port, tuple(these), opened) for port, these in groupby(by_port, lambda sign: sign.port)]
        self._of_actuator = {sign.name: bus for bus in self._buses for sign in bus.signs}

    def drive(self, what: Drive) -> None:
        """Take a value; of an actuator that the device does not have there is a line in the log."""
        bus = self._of_actuator.get(what.actuator)
        if bus is None:
            _log.warning("there is no sign %s", what.actuator)
        else:
            bus.take(what)

    @property
    def parts(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        """What must run: a name and a coroutine each."""
        return [(f"port {bus.port}", bus.run) for bus in self._buses]

    def troubles(self) -> list[Problem]:
        """Why something does not show what it should."""
        return [problem for bus in self._buses for problem in bus.problems.values()]


class _Bus:
    """One port and the signs on it."""

    def __init__(self, port: str, signs: tuple[Sign, ...], opened: OpenPort) -> None:
        self.port = port
        self.signs = signs
        self.problems: dict[str, Problem] = {}
        self._open = opened
        self._profiles = {sign.name: _profile(sign) for sign in signs}
        lines = {profile.line for profile in self._profiles.values()}
        if len(lines) > 1:
            reason = f"signs on {port} are of different speeds or shapes of a byte"
            raise ProblemError("sign-profile-invalid", sign=signs[-1].name, reason=reason)
        self._line = next(iter(lines))
        self._wanted: dict[str, int | None] = {}
        self._unsent: set[str] = set()
        self._bell = asyncio.Event()

    def take(self, what: Drive) -> None:
        self._wanted[what.actuator] = what.value
        self._unsent.add(what.actuator)
        self._bell.set()

    async def run(self) -> None:
        """Open, show, and begin anew when the port was lost."""
        while True:
            try:
                port = self._open(self.port, self._line)
            except PortOpenError as refused:
                self.problems[""] = Problem(code="port-unusable", detail={"port": self.port, "reason": str(refused)})
                await asyncio.sleep(RETRY_S)
                continue
            self.problems.pop("", None)
            try:
                await self._served(port)
            except PortLostError as lost:
                _log.warning("port %s: %s", self.port, lost)
                await asyncio.sleep(RETRY_S)
            finally:
                port.close()

    async def _served(self, port: Port) -> None:
        """For as long as the port lives. What is under way when it dies is sent again."""
        self._unsent |= self._wanted.keys()
        while True:
            self._bell.clear()
            for sign in self.signs:
                if sign.name in self._unsent:
                    await self._shown(port, sign)
            try:
                async with asyncio.timeout(self._pause_s()):
                    await self._bell.wait()
            except TimeoutError:
                self._unsent |= self._wanted.keys()

    async def _shown(self, port: Port, sign: Sign) -> None:
        value = self._wanted[sign.name]
        try:
            await show(port, self._profiles[sign.name], Show(sign.address, value))
        except SignSilentError as silent:
            detail = {"sign": sign.name, "port": self.port, "reason": str(silent)}
            self.problems[sign.name] = Problem(code="sign-silent", detail=dict(detail))
        else:
            self.problems.pop(sign.name, None)
            if self._wanted[sign.name] == value:
                self._unsent.discard(sign.name)

    def _pause_s(self) -> float:
        """Until everything is said again."""
        if self._unsent:
            return RETRY_S
        return min(profile.again_after_s for profile in self._profiles.values())


def _profile(sign: Sign) -> Profile:
    try:
        return read_profile(sign.profile)
    except ProfileError as wrong:
        raise ProblemError("sign-profile-invalid", sign=sign.name, reason=str(wrong)) from wrong
