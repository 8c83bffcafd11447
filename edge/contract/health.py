# SPDX-License-Identifier: Apache-2.0
"""What the agent tells of itself: that it has started, how it is, and what is wrong."""

from edge.contract.clock import ClockState
from edge.contract.local import CameraState
from edge.contract.problems import Problem
from edge.contract.words import Lane, Said

STARTED_TYPE = "cn.dongtou.edge.agent.started.v1"
HEALTH_TYPE = "cn.dongtou.edge.agent.health.v1"
PROBLEM_TYPE = "cn.dongtou.edge.agent.problem.v1"


class AgentStarted(Said):
    """The agent has come up; `boot` counts its starts since the store was new."""

    agent: str
    boot: int
    roles: tuple[str, ...]


class AgentHealth(Said):
    """Once a minute: how long up, at what cost, what waits, and how the cameras are."""

    uptime_s: float
    cpu_s: float
    rss_max_kib: int
    outbox_rows: dict[Lane, int]
    inputs_dropped: int
    cameras: tuple[CameraState, ...] = ()
    skew_ms: int | None = None
    clock: ClockState | None = None


class AgentProblem(Problem):
    """Something went wrong on the device; the code's words are in the catalogue."""
