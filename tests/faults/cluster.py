# SPDX-License-Identifier: Apache-2.0
"""A broker of three nodes, one of which dies or stands still: the hub's, a device's, in turn and by chance."""

import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Final, Self

from edge.contract.problems import ProblemError
from provisioning.bench.chaos.fault import Fault
from provisioning.bench.chaos.proxy import Proxy
from provisioning.bench.cluster.cluster import Cluster
from provisioning.bench.cluster.installed import find_rabbitmq
from provisioning.bench.cluster.node import Node
from provisioning.bench.cluster.settings import NET_TICK_S
from provisioning.bench.hub_process import HubProcess
from tests.faults.district import District, Pole, timed
from tests.faults.tally import Tally
from tests.scenarios.load import Pace
from tests.scenarios.world import DeviceLine, LinkTimes, write_device

NAME: Final = "cluster"
MEANING: Final = "three RabbitMQ nodes, one after another killed or frozen under load, and each coming back"
KILLS: Final = 48
FREEZES: Final = 8
DEVICES: Final = 6
TIMES: Final = LinkTimes(
    ack_timeout_s=3.0, connect_timeout_s=5.0, backoff_min_s=0.1, backoff_max_s=1.0, silence_s=3.0, canary_s=10.0
)
STEADY: Final = Pace(lines=2, rest_s=0.05)
_FLOWS_WITHIN_S: Final = 60.0
_LONG_S: Final = NET_TICK_S * 1.25 + 2.0
"""Frozen for so long, a node is given up by the others, and must find its way back into the cluster."""


def why_no_cluster() -> str:
    """Why a cluster cannot be had here, with what to do; empty if it can."""
    try:
        find_rabbitmq()
    except ProblemError as missing:
        return str(missing)
    return ""


def play(seed: int, scale: float, folder: Path) -> Tally:
    """Kills first, then nodes that stand still for a moment and for long."""
    if reason := why_no_cluster():
        _say(f"left out: {reason}")
        return Tally()
    chance = random.Random(seed)
    kills, freezes = max(3, round(KILLS * scale)), max(1, round(FREEZES * scale))
    devices = max(3, round(DEVICES * min(1.0, scale)))
    with ClusterDistrict(folder / "city") as district:
        district.furnish(devices, STEADY)
        district.more(20)
        dead = [_killed(district, chance, turn) for turn in range(kills)]
        _say(f"{kills} nodes killed; all devices served again after {_spread(dead)}")
        still = [_frozen(district, chance, turn) for turn in range(freezes)]
        _say(f"{freezes} nodes frozen; all devices served again after {_spread(still)}")
        district.more(20)
        return district.settle(within_s=120.0)


class ClusterDistrict(District):
    """The broker is a cluster. Each device has all its nodes in its list, beginning with another one than the last."""

    def __init__(self, folder: Path, times: LinkTimes = TIMES) -> None:
        """Keep everything in `folder`."""
        super().__init__(folder, times)
        self.cluster = Cluster(folder / "cluster")
        self.hub = HubProcess(self.cluster.address, folder / "hub")
        self._times = times

    def __enter__(self) -> Self:
        """All nodes and the hub are up."""
        self.folder.mkdir(exist_ok=True)
        self.cluster.start()
        self.hub.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        """All ended."""
        super().__exit__(kind, wrong, trace)
        for node in self.cluster.nodes:
            node.thaw()
        self.cluster.kill()

    def add(self, plan: Sequence[Fault] = (), *, name: str = "", folder: str = "", start: bool = True) -> Pole:
        """One more device; the line to the first node of its list has this plan."""
        number = len(self.poles)
        name = name or f"pole-{number + 1}"
        home = self.folder / (folder or name)
        home.mkdir()
        ports = [self.cluster.ports[(number + step) % len(self.cluster.ports)] for step in range(3)]
        proxy = Proxy(ports[0], plan).start()
        others = "".join(f'[[link.brokers]]\nhost = "127.0.0.1"\nport = {port}\n' for port in ports[1:])
        agent = write_device(home, DeviceLine(name, proxy.port, self._times), store=home / "store", more=others)
        pole = Pole(name, home, proxy, agent)
        self.poles.append(pole)
        if start:
            agent.start()
        return pole

    def node_of_hub(self) -> Node | None:
        """The node that the hub is connected to."""
        ports = _ports_reached_by(self.hub.pid)
        return next((node for node in self.cluster.nodes if node.place.mqtt_port in ports), None)

    def served(self) -> float:
        """Seconds until the hub has of every device what it holds now, and so has heard and answered each one since."""
        goals = [(pole, _last(pole)) for pole in self.poles]
        return timed(lambda: all(_acked(pole) >= goal for pole, goal in goals), _FLOWS_WITHIN_S, "all devices served")


def _killed(district: ClusterDistrict, chance: random.Random, turn: int) -> float:
    """One node dies, the rest serve all devices, and it comes back."""
    node = _choose(district, chance, turn)
    node.kill()
    district.strike()
    took_s = district.served()
    district.more(chance.randrange(1, 40))
    node.start()
    district.more(chance.randrange(1, 40))
    return took_s


def _frozen(district: ClusterDistrict, chance: random.Random, turn: int) -> float:
    """One node stands still, for a moment and for long in turn, and goes on."""
    node = _choose(district, chance, turn)
    node.freeze()
    district.strike()
    try:
        began_s = time.monotonic()
        took_s = district.served()
        if turn % 2:
            time.sleep(max(0.0, _LONG_S - (time.monotonic() - began_s)))
    finally:
        node.thaw()
    timed(node.greets, _FLOWS_WITHIN_S, f"{node.place.name} is back in the cluster")
    return max(took_s, district.served())


def _choose(district: ClusterDistrict, chance: random.Random, turn: int) -> Node:
    """Every other time the node that serves the hub, which all depend on."""
    hubs = district.node_of_hub() if turn % 2 == 0 else None
    return hubs or chance.choice(district.cluster.nodes)


def _last(pole: Pole) -> int:
    status = pole.agent.answer()
    return sum(depth.last_seq for depth in status.lanes.values())


def _acked(pole: Pole) -> int:
    status = pole.agent.status()
    return sum(depth.last_seq - depth.rows for depth in status.lanes.values()) if status else 0


def _ports_reached_by(pid: int | None) -> set[int]:
    """Remote ports of a process's established connections over IPv4."""
    held = {_link_of(each) for each in Path(f"/proc/{pid}/fd").iterdir()}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    return {int(row[2].rpartition(":")[2], 16) for row in rows if row[3] == "01" and f"socket:[{row[9]}]" in held}


def _link_of(entry: Path) -> str:
    try:
        return str(entry.readlink())
    except OSError:
        return ""


def _spread(took_s: Sequence[float]) -> str:
    return f"{median(took_s):.1f} s in the middle and {max(took_s):.1f} s at worst"


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
