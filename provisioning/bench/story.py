# SPDX-License-Identifier: Apache-2.0
"""What a demo plays, told as it happens: watched from outside, through the agent's socket and the hub's record."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edge.contract.cameras import ACTIVITY_TYPE, CameraActivity
from edge.contract.evidence import OPENED_TYPE
from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from provisioning.bench.agent_process import AgentProcess
from provisioning.bench.device_file import DemoDevice
from provisioning.bench.summary import Summary
from provisioning.bench.world import World, drained, wait_for
from provisioning.console import Terminal

_SEES_WITHIN_S: Final = 120.0
_STANDS_WITHIN_S: Final = 120.0
_CASE_WITHIN_S: Final = 120.0
_ARRIVES_WITHIN_S: Final = 180.0
_CLIP_WITHIN_S: Final = 900.0
_OFFLINE_FOR_S: Final = 12.0
"""At least so long is the link down: long enough for the agent to notice, and to try in vain."""
_ENDED: Final = "recording-ended"
_ACTIVITIES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Story:
    """One demo from beginning to end, told as it happens."""

    world: World
    device: DemoDevice
    terminal: Terminal

    def street(self) -> Summary:
        """The simulated street: the case is completed while the link is down."""
        cable = self.world.cable()
        agent = self._agent(cable.port)
        record = self.world.record
        self._until(lambda: _tracks(agent) > 0, _SEES_WITHIN_S, "sees")
        self._until(lambda: bool(record.events(OPENED_TYPE)), _STANDS_WITHIN_S, "stands")
        mark = _last(agent, Lane.RECORD)
        cable.cut()
        cut_s = time.monotonic()
        self.terminal.tell("demo.cut")
        self._until(lambda: _last(agent, Lane.RECORD) > mark, _CASE_WITHIN_S, "case-offline")
        self._stay_offline(agent, cut_s)
        cable.restore()
        offline_s = time.monotonic() - cut_s
        self.terminal.tell("demo.restored", seconds=f"{offline_s:.0f}")
        self._until(lambda: bool(record.cases()), _ARRIVES_WITHIN_S, "case-arrived")
        return self._end(agent, offline_s)

    def clip(self, seconds: float | None) -> Summary:
        """Real pictures: the link is cut while they run. `seconds` is for a camera, which has no end."""
        cable = self.world.cable()
        agent = self._agent(cable.port)
        wait_for(lambda: _frames(agent) > 0, _SEES_WITHIN_S, "demo-no-pictures", source=_shown(self.device.source))
        self.terminal.tell("demo.frames")
        began_s = time.monotonic()
        cable.cut()
        self.terminal.tell("demo.cut")
        self._stay_offline(agent, began_s)
        cable.restore()
        offline_s = time.monotonic() - began_s
        self.terminal.tell("demo.restored", seconds=f"{offline_s:.0f}")
        if seconds is None:
            self._until(self._ended, _CLIP_WITHIN_S, "clip-ended")
        else:
            time.sleep(max(0.0, began_s + seconds - time.monotonic()))
        summary = self._end(agent, offline_s)
        self._tell_what_was_seen()
        return summary

    def _tell_what_was_seen(self) -> None:
        """By the hub's record: what the detector found must have come the whole way."""
        seen: Counter[str] = Counter()
        for event in self.world.record.events(ACTIVITY_TYPE, most=_ACTIVITIES):
            seen.update(CameraActivity.model_validate(event["data"]).arrived)
        if seen:
            kinds = ", ".join(
                f"{count} {self.terminal.words(f'seen.many-{kind}')}" for kind, count in seen.most_common()
            )
            self.terminal.tell("demo.seen", kinds=kinds)
        else:
            self.terminal.tell("demo.seen-nothing")

    def _agent(self, port: int) -> AgentProcess:
        key = f"demo.detector-{'onnx' if self.device.model else 'motion'}"
        self.terminal.tell("demo.agent", detector=self.terminal.words(key, model=self.device.model))
        return self.world.agent(self.device, port)

    def _until(self, holds: Callable[[], bool], within_s: float, happened: str) -> None:
        wait_for(
            holds,
            within_s,
            "demo-stuck",
            awaited=self.terminal.words(f"demo.{happened}"),
            log=str(self.world.agent_log),
        )
        self.terminal.tell(f"demo.{happened}")

    def _stay_offline(self, agent: AgentProcess, cut_s: float) -> None:
        time.sleep(max(0.0, cut_s + _OFFLINE_FOR_S - time.monotonic()))
        status = agent.status()
        if status is not None:
            waiting = sum(depth.rows for depth in status.lanes.values())
            self.terminal.tell("demo.waiting", rows=waiting)

    def _ended(self) -> bool:
        return any(event["subject"] == _ENDED for event in self.world.record.events("%.agent.problem.v1", most=20))

    def _end(self, agent: AgentProcess, offline_s: float) -> Summary:
        record, accepted = self.world.record, agent.status()

        def whole() -> bool:
            nonlocal accepted
            accepted = agent.status()
            return drained(accepted) and record.blobs_verified() == record.blobs_expected()

        self._until(whole, _ARRIVES_WITHIN_S, "drained")
        if record.blobs_expected():
            self.terminal.tell("demo.pictures")
        if accepted is None:
            raise ProblemError("demo-agent-silent", log=str(agent.log))
        agent.stop()
        return Summary.of(accepted, record, offline_s)


def _tracks(agent: AgentProcess) -> int:
    status = agent.status()
    return sum(camera.tracks for camera in status.cameras) if status else 0


def _frames(agent: AgentProcess) -> int:
    status = agent.status()
    return sum(camera.frames for camera in status.cameras) if status else 0


def _last(agent: AgentProcess, lane: Lane) -> int:
    status = agent.status()
    return status.lanes[lane].last_seq if status else 0


def _shown(source: str) -> str:
    """An address without the password that may be in it."""
    scheme, mark, rest = source.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"
