# SPDX-License-Identifier: Apache-2.0
"""One RabbitMQ node: one process, which can be stopped, killed, frozen and started again with what it had stored."""

import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from edge.contract.problems import ProblemError
from provisioning.bench.broker import HOST
from provisioning.bench.child import Child
from provisioning.bench.cluster.settings import Place, environment
from provisioning.bench.service import Service

_START_WITHIN_S: Final = 240.0
_ANSWER_WITHIN_S: Final = 2.0
_GREETED: Final = b"\x20\x02\x00\x00"


class Node(Service):
    """`begin` starts it without waiting, so that several come up side by side; `start` waits until it greets."""

    _stops_within_s = 20.0

    def __init__(self, place: Place, scripts: Path, surroundings: dict[str, str]) -> None:
        """`scripts` holds `rabbitmq-server`; `surroundings` is what else its environment must say."""
        self.place = place
        self._scripts = scripts
        self._surroundings = surroundings

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"{HOST}:{self.place.mqtt_port}"

    @property
    def environment(self) -> dict[str, str]:
        """What its process, and any tool that speaks to it, must find in the environment."""
        return {**environment(self.place, self._scripts), **self._surroundings}

    @property
    def running(self) -> bool:
        """Whether its process is there, frozen or not."""
        return self._child is not None and self._child.running

    def begin(self) -> Self:
        """Start the process. Raises `ProblemError` bench-port-taken when another program has its port."""
        _check_free(self.place.mqtt_port)
        # What Erlang writes when it dies goes into its working directory.
        command = ["env", "--chdir", str(self.place.folder), str(self._scripts / "rabbitmq-server"), "-noinput"]
        self._child = Child(self.place.name, command, self.place.folder / "console.log", self.environment)
        return self

    def await_ready(self, ready: Callable[[], bool], within_s: float = _START_WITHIN_S) -> None:
        """Return once `ready()`. Raises `ProblemError` when the process ends, or is killed after `within_s`."""
        if self._child is not None:
            self._child.wait_until(ready, within_s)

    def listens(self) -> bool:
        """Whether it has its MQTT port open."""
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.place.mqtt_port)) == 0

    def greets(self) -> bool:
        """Whether it takes an MQTT session now. For that it must have agreed with a majority on the client's name."""
        try:
            with socket.create_connection((HOST, self.place.mqtt_port), _ANSWER_WITHIN_S) as line:
                line.settimeout(_ANSWER_WITHIN_S)
                line.sendall(_greeting(f"ready-{self.place.number}"))
                return line.recv(len(_GREETED)) == _GREETED
        except OSError:
            return False

    def knows(self, names: list[str]) -> bool:
        """Whether it has written down all these nodes as members of its cluster."""
        with suppress(OSError):
            written = self.place.members.read_text("utf-8")
            return all(name in written for name in names)
        return False

    def ask_to_stop(self) -> None:
        """Ask without waiting; `stop` waits."""
        if self._child is not None and self._child.running:
            os.kill(self._child.pid, signal.SIGTERM)

    def freeze(self) -> None:
        """Stop every thread of it, as a machine that hangs: connections stay open, and nobody answers."""
        if self._child is not None:
            os.kill(self._child.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._child is not None and self._child.running:
            os.kill(self._child.pid, signal.SIGCONT)

    def _launch(self) -> Child:
        self.begin()
        self.await_ready(self.greets)
        assert self._child is not None  # noqa: S101  (begun just now)
        return self._child


def _greeting(client: str) -> bytes:
    """MQTT 3.1.1 CONNECT: a clean session, a keep-alive of ten seconds."""
    name = client.encode("ascii")
    body = b"\x00\x04MQTT\x04\x02\x00\x0a" + len(name).to_bytes(2, "big") + name
    return b"\x10" + bytes([len(body)]) + body


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as wrong:
            raise ProblemError("bench-port-taken", port=port) from wrong
