# SPDX-License-Identifier: Apache-2.0
"""Three RabbitMQ nodes that are one MQTT broker, on this machine and on loopback only."""

import secrets
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

from edge.contract.problems import ProblemError
from provisioning.bench.broker import free_port
from provisioning.bench.cluster.epmd import Epmd
from provisioning.bench.cluster.installed import find_rabbitmq, lay_links
from provisioning.bench.cluster.node import Node
from provisioning.bench.cluster.settings import Place, write_settings
from provisioning.bench.service import Startable

NODES: Final = 3
"""The least of which one may die: a majority must agree on every session."""

_JOIN_WITHIN_S: Final = 30.0

Told = Callable[[Node], None]


class Cluster(Startable):
    """Started as a context; each of `nodes` can be killed, frozen and started again."""

    def __init__(self, folder: Path, port: int = 0, *, joined: Told | None = None) -> None:
        """Keep all in `folder`; the nodes listen on `port` and those that follow it, 0 means any free ones.

        `joined` is told of each node that has come up. Raises `ProblemError` bench-no-rabbitmq.
        """
        self.folder = folder
        self._joined = joined
        self._installed = find_rabbitmq()
        self._epmd = Epmd(self._installed.epmd, folder / "epmd.log")
        scripts = folder / "server" / "sbin"
        self.nodes = [
            Node(_place(number, folder, port), scripts, self._epmd.environment) for number in range(1, NODES + 1)
        ]
        self._leaving = ExitStack()

    @property
    def address(self) -> str:
        """HOST:PORT of every node, with blanks between."""
        return " ".join(node.address for node in self.nodes)

    @property
    def port(self) -> int:
        """The first node's."""
        return self.ports[0]

    @property
    def ports(self) -> tuple[int, ...]:
        """One for each node, in order."""
        return tuple(node.place.mqtt_port for node in self.nodes)

    def start(self) -> Self:
        """All nodes are up, and one cluster, which begins anew: what an earlier one held, the devices hold still."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lay_links(self._installed, self.folder / "server")
        cookie = secrets.token_hex(16)
        for node in self.nodes:
            # Three nodes that were stopped together come back in doubt about who was last, and some wait for ever.
            shutil.rmtree(node.place.folder, ignore_errors=True)
            write_settings(node.place, cookie)
        with ExitStack() as starting:
            starting.enter_context(self._epmd)
            starting.callback(self._stop_nodes)
            self._bring_up()
            self._leaving = starting.pop_all()
        return self

    def stop(self) -> None:
        """All stopped, the name server last."""
        self._leaving.close()

    def kill(self) -> None:
        """End all nodes as a power cut would, and the name server after them."""
        for node in self.nodes:
            node.kill()
        self.stop()

    def _bring_up(self) -> None:
        founding, second, *others = self.nodes
        founding.begin()
        founding.await_ready(founding.place.founded.exists)  # whoever joins takes a lock that the founder needs
        second.begin()
        self._await(founding)
        self._await(second)
        for node in others:
            # One by one: of two that would join the state machine of sessions together, one is refused for good.
            self._await(node.begin())

    def _await(self, node: Node) -> None:
        try:
            node.await_ready(node.listens)
            node.await_ready(node.greets, _JOIN_WITHIN_S)
        except ProblemError:
            node.start()  # refused, or met others in the middle of a change: it asks again when it starts again
        names = [each.place.name for each in self.nodes if each.pid]
        node.await_ready(lambda: node.knows(names))
        if self._joined:
            self._joined(node)

    def _stop_nodes(self) -> None:
        for node in self.nodes:
            node.thaw()
        for node in self.nodes:
            node.ask_to_stop()
        for node in self.nodes:
            node.stop()


def _place(number: int, folder: Path, port: int) -> Place:
    at = port + number - 1 if port else free_port()
    return Place(number, folder / f"node{number}", at, free_port())
