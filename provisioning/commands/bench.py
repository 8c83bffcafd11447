# SPDX-License-Identifier: Apache-2.0
"""`provision bench`: a broker or a cluster of three, a hub and a page on this machine, for devices to be pointed at."""

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from provisioning.bench.broker import HOST
from provisioning.bench.cluster.cluster import Cluster
from provisioning.bench.cluster.node import Node
from provisioning.bench.live import LiveEye
from provisioning.bench.world import HubPlan, Ports, World
from provisioning.console import Terminal
from provisioning.evidence.on_page import evidence_on

DEFAULT_PORT = 1883
DEFAULT_PAGE_PORT = 8300
_MOST_WORKERS: Final = 16
_DEAD_FOR_S: Final = 10.0
"""How long a node that was killed stays away: long enough to see what the others make of it."""
_LOOK_AGAIN_S: Final = 0.5


def bench(  # noqa: PLR0913  each is an option of the command line
    *,
    port: int = DEFAULT_PORT,
    page_port: int = DEFAULT_PAGE_PORT,
    cluster: bool = False,
    workers: Annotated[int, Parameter(validator=Number(gte=1, lte=_MOST_WORKERS))] = 1,
    store: Literal["sqlite", "postgres"] = "sqlite",
    folder: Path | None = None,
    keep: bool = False,
    live: bool = False,
) -> int:
    """Run a broker, a hub and a live page on this machine until Ctrl-C."""
    terminal = Terminal()
    with workplace(folder, keep=keep) as place:
        nodes = _cluster(terminal, place, port) if cluster else None
        hub = HubPlan(workers, postgres=store == "postgres")
        with World(place, terminal.language, Ports(port, page_port), nodes, hub) as world:
            evidence_on(world.page)
            if live:
                eye = LiveEye(place, lambda: (HOST, world.broker.port))
                world.page.live = eye.ask
                terminal.say("bench.live-next", kid=eye.kid, path=eye.public_key)
            terminal.say("bench.up", broker=world.broker.address, page=world.page.address, folder=place)
            if nodes is None:
                terminal.say("bench.next", port=world.broker.port)
                threading.Event().wait()
            else:
                terminal.say("bench.cluster-next", brokers=_brokers(nodes), wait_s=_DEAD_FOR_S)
                _keep_whole(terminal, nodes)
    return 0


@contextmanager
def workplace(folder: Path | None, *, keep: bool) -> Iterator[Path]:
    """The folder that was asked for, or a temporary one that goes away unless it shall be kept."""
    place = folder.absolute() if folder else Path(tempfile.mkdtemp(prefix="dongtou-"))
    place.mkdir(parents=True, exist_ok=True)
    if folder is None:
        place.chmod(0o711)  # the user that PostgreSQL runs as under root must get through, not look around
    try:
        yield place
    finally:
        if folder is None and not keep:
            shutil.rmtree(place, ignore_errors=True)


def _cluster(terminal: Terminal, place: Path, port: int) -> Cluster:
    def joined(node: Node) -> None:
        terminal.tell("bench.cluster-joined", node=node.place.name, broker=node.address, pid=node.pid)

    nodes = Cluster(place / "cluster", port, joined=joined)
    terminal.say("bench.cluster-starts")
    return nodes


def _brokers(nodes: Cluster) -> str:
    return "\n".join(f'[[link.brokers]]\nhost = "{HOST}"\nport = {port}' for port in nodes.ports)


def _keep_whole(terminal: Terminal, nodes: Cluster) -> None:
    """Until Ctrl-C: start nodes again that somebody has killed, after a while."""
    died_s: dict[str, float] = {}
    while True:
        for node in nodes.nodes:
            name, now_s = node.place.name, time.monotonic()
            if node.running:
                continue
            if name not in died_s:
                died_s[name] = now_s
                terminal.tell("bench.cluster-died", node=name, wait_s=_DEAD_FOR_S)
            elif now_s - died_s[name] >= _DEAD_FOR_S:
                del died_s[name]
                node.start()
                terminal.tell("bench.cluster-joined", node=name, broker=node.address, pid=node.pid)
        time.sleep(_LOOK_AGAIN_S)
