# SPDX-License-Identifier: Apache-2.0
"""One device, one broker, one hub, all real processes in a folder of their own; each can be killed and come back."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from edge.agent.verbs.status import ask_status
from edge.contract.local import Status
from edge.contract.problems import ProblemError
from provisioning.bench.broker import Broker
from provisioning.bench.child import Child
from provisioning.bench.hub_process import HubProcess
from provisioning.bench.record import Record
from tests.faults.ledger import audit
from tests.scenarios.load import EmitLoad, Line, Pace, wait_until

DEVICE: Final = "pole-1"
_START_WITHIN_S: Final = 200.0
_LOG_LINES: Final = 25
_AHEAD: Final = 10
"""Of niceness."""


@dataclass(frozen=True, slots=True)
class LinkTimes:
    """Seconds of the device's `[link]`, short so that a test sees what takes a minute in the street."""

    ack_timeout_s: float = 2.0
    connect_timeout_s: float = 3.0
    backoff_min_s: float = 0.05
    backoff_max_s: float = 0.5
    keepalive_s: int = 5
    spread_s: float = 0.0
    silence_s: float = 8.0
    canary_s: float = 45.0


DEFAULT_TIMES: Final = LinkTimes(15.0, 10.0, 0.5, 60.0, 20, 20.0)
"""What a device does that is told nothing else."""


class Agent:
    """`edge-agent run` on one configuration file."""

    def __init__(self, config: Path, socket: Path) -> None:
        """`start` or `launch` starts it."""
        self.config = config
        self.log = config.with_suffix(".log")
        self._socket = socket
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        """The process, which must have been started."""
        assert self._child is not None, "the agent was never started"
        return self._child

    @property
    def pid(self) -> int:
        """Process id."""
        return self.child.pid

    def launch(self) -> None:
        """Start without waiting: the world may end it before it has said a word."""
        looks = "[[cameras]]" in self.config.read_text("utf-8")
        with ahead_of_others() if looks else nullcontext():
            self._child = Child("agent", self.command("run"), self.log)

    def start(self) -> Self:
        """Start and wait until it answers."""
        self.launch()
        self.child.wait_until(lambda: self.status() is not None, _START_WITHIN_S)
        return self

    def kill(self) -> None:
        """End it as a power cut would."""
        self.child.kill()

    def stop(self) -> None:
        """End it politely."""
        self.child.stop(within_s=60.0)

    def close(self) -> None:
        """Leave nothing running."""
        if self._child:
            self._child.kill()

    def status(self) -> Status | None:
        """How it is; None while it does not answer."""
        try:
            return ask_status(self._socket)
        except ProblemError:
            return None

    def answer(self) -> Status:
        """How it is. It is asked again where a busy machine keeps it from answering in time."""
        answers: list[Status] = []

        def answered() -> bool:
            answers.extend(filter(None, [self.status()]))
            return bool(answers)

        wait_until(answered, _START_WITHIN_S, "the agent answers")
        return answers[0]

    def command(self, verb: str, *more: str) -> list[str]:
        """One verb of `edge-agent` with this device's configuration."""
        return [sys.executable, "-m", "edge.agent.main", verb, "--config", str(self.config), *more]

    def has_problem(self, code: str) -> bool:
        """Whether it names this problem."""
        return code in {problem.code for problem in self.answer().problems}


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """Who a device is on the line: its name, where it finds its broker, and how patient it is."""

    name: str
    port: int
    times: LinkTimes


def write_device(folder: Path, line: DeviceLine, *, store: Path, more: str = "") -> Agent:
    """Write a device's file into `folder`; `more` is appended as it is."""
    at, socket = line.times, folder / "agent.sock"
    file = folder / "device.toml"
    file.write_text(
        f"""\
[device]
name = "{line.name}"
[store]
folder = "{store}"
socket = "{socket}"
[link]
keepalive_s = {at.keepalive_s}
connect_timeout_s = {at.connect_timeout_s}
ack_timeout_s = {at.ack_timeout_s}
backoff_min_s = {at.backoff_min_s}
backoff_max_s = {at.backoff_max_s}
spread_s = {at.spread_s}
silence_s = {at.silence_s}
canary_s = {at.canary_s}
[[link.brokers]]
host = "127.0.0.1"
port = {line.port}
{more}""",
        "utf-8",
    )
    return Agent(file, socket)


@dataclass(slots=True)
class World:
    """Everything a scenario plays with. `port` is where the agent finds its broker, if not at the broker itself."""

    folder: Path
    persistent: bool = True
    broker: Broker = field(init=False)
    hub: HubProcess = field(init=False)
    agent: Agent = field(init=False)
    loads: list[EmitLoad] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        """Make the three, started by nobody yet, with a configuration that fits."""
        self.broker = Broker(self.folder / "broker", persistent=self.persistent)
        self.hub = HubProcess(self.broker.address, self.folder / "hub")
        self.configure()

    @property
    def store(self) -> Path:
        """The device's data folder."""
        return self.folder / "store"

    def configure(
        self, *, port: int | None = None, times: LinkTimes | None = None, store: Path | None = None, more: str = ""
    ) -> None:
        """Write the device's file; `more` is appended as it is."""
        line = DeviceLine(DEVICE, port or self.broker.port, times or LinkTimes())
        self.agent = write_device(self.folder, line, store=store or self.store, more=more)

    def start(self) -> Self:
        """Broker, hub and agent, each ready before the next."""
        self.broker.start()
        self.hub.start()
        self.agent.start()
        return self

    def load(self, name: str, seed: int = 1, pace: Pace | None = None) -> EmitLoad:
        """A program of the device that emits until it is told to finish."""
        started = EmitLoad(name, self.agent.config, seed, pace)
        self.loads.append(started)
        return started

    def close(self) -> None:
        """End every process that was started here, and show what they said in case the test failed."""
        for load in self.loads:
            load.close()
        self.agent.close()
        self.hub.kill()
        self.broker.kill()
        for log in (self.agent.log, self.hub.folder / "hub.log", *self.folder.glob("emit-*.log")):
            if log.exists():
                sys.stdout.write(f"--- {log.name}\n" + "\n".join(log.read_text("utf-8").splitlines()[-_LOG_LINES:]))

    def wait_empty(self, within_s: float = 60.0) -> Status:
        """Wait until the hub has every row of the outbox; gives the status that says so."""
        seen: list[Status] = []

        def empty() -> bool:
            status = self.agent.status()
            if status is None or any(depth.rows for depth in status.lanes.values()):
                return False
            seen.append(status)
            return True

        wait_until(empty, within_s, "the outbox is empty")
        return seen[-1]

    def settled(self, within_s: float = 60.0) -> list[Line]:
        """Finish all loads, drain the outbox, and hold the hub's record against the ledger. Gives what was accepted."""
        lines = [line for load in self.loads for line in load.finish()]
        status = self.wait_empty(within_s)
        last = {lane: depth.last_seq for lane, depth in status.lanes.items()}
        accepted = [line for line in lines if line.id]
        record = Record(self.hub.folder)
        try:
            assert record.received_of(DEVICE, status.epoch, last) == sum(last.values())
            assert_exactly_once(record, accepted)
        finally:
            record.close()
        return accepted


def assert_exactly_once(record: Record, accepted: Sequence[Line], told_gone: frozenset[str] = frozenset()) -> None:
    """Every accepted event is at the hub once, in the lane and order it was given, and nothing is there besides."""
    tally = audit(record, accepted, told_gone)
    assert tally.clean, tally.figures()
    assert record.refused() == []


@contextmanager
def ahead_of_others() -> Iterator[None]:
    """What is started inside goes first on a busy machine, where we may ask for that.

    A simulated street goes on at its own pace, whether or not its camera is let look.
    """
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, before - _AHEAD)
    try:
        yield
    finally:
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, before)


def children(pid: int | None) -> list[int]:
    """Processes that a process has started and that still run."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
