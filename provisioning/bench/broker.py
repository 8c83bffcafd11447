# SPDX-License-Identifier: Apache-2.0
"""A real MQTT broker on loopback: Debian's mosquitto where there is one, otherwise amqtt in a process of its own."""

import os
import random
import shutil
import socket
import sys
from pathlib import Path
from typing import Final

from edge.contract.problems import ProblemError
from provisioning.bench.child import Child
from provisioning.bench.service import Service

HOST = "127.0.0.1"
_START_WITHIN_S = 60.0
_CONNECT_WITHIN_S = 0.5
_QUIET_PORTS: Final = range(10_000, 32_000)
"""Below those that the kernel gives to outgoing connections, which could take a port while its broker is down."""
_SHARES: Final = 64
"""Programs that look for a port at the same time seldom look among the same ones."""
_given: set[int] = set()
PLACES = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))


class Broker(Service):
    """A broker that can be stopped, killed and started again on the same port with the same store."""

    def __init__(self, folder: Path, port: int = 0, *, persistent: bool = True) -> None:
        """Keep configuration, store and log in `folder`; port 0 means any free one. `start` starts it."""
        self.folder = folder
        self.port = port or free_port()
        self._persistent = persistent

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"{HOST}:{self.port}"

    def _launch(self) -> Child:
        """Also raises `ProblemError` bench-port-taken when another program has the port."""
        self._check_port()
        self.folder.mkdir(parents=True, exist_ok=True)
        mosquitto = shutil.which("mosquitto", path=PLACES)
        command = self._mosquitto(mosquitto) if mosquitto else self._embedded()
        child = Child("broker", command, self.folder / "broker.log")
        child.wait_until(self._accepts, _START_WITHIN_S)
        return child

    def _check_port(self) -> None:
        # Else another broker there would be taken for ours.
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self.port))
            except OSError as wrong:
                raise ProblemError("bench-port-taken", port=self.port) from wrong

    def _accepts(self) -> bool:
        try:
            socket.create_connection((HOST, self.port), _CONNECT_WITHIN_S).close()
        except OSError:
            return False
        return True

    def _mosquitto(self, program: str) -> list[str]:
        settings = self.folder / "mosquitto.conf"
        settings.write_text(_mosquitto_settings(self.port, self.folder, persistent=self._persistent), "utf-8")
        return [program, "-c", str(settings)]

    def _embedded(self) -> list[str]:
        return [sys.executable, "-P", "-m", "provisioning.bench.embedded_broker", "--port", str(self.port)]


def free_port() -> int:
    """A TCP port on loopback that nobody listens on, and that this process has not been given before."""
    ports = [port for port in _QUIET_PORTS[os.getpid() % _SHARES :: _SHARES] if port not in _given]
    random.SystemRandom().shuffle(ports)
    port = next((port for port in ports if _can_be_had(port)), 0)
    with socket.socket() as probe:
        probe.bind((HOST, port))
        port = int(probe.getsockname()[1])
    _given.add(port)
    return port


def _can_be_had(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _mosquitto_settings(port: int, folder: Path, *, persistent: bool) -> str:
    lines = [
        f"listener {port} {HOST}",
        "allow_anonymous true",
        # A hub that is away for a while finds everything that came meanwhile.
        "max_queued_messages 0",
        "max_queued_bytes 0",
        "max_inflight_messages 100",
        "set_tcp_nodelay true",
        "log_type error",
        "log_type warning",
        "log_type notice",
    ]
    if os.geteuid() == 0:
        # Started by root, mosquitto would become another user, who may not write here.
        lines.append("user root")
    if persistent:
        lines += ["persistence true", f"persistence_location {folder}/", "autosave_interval 5"]
    return "\n".join(lines) + "\n"
