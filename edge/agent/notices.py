# SPDX-License-Identifier: Apache-2.0
"""What the agent itself tells the hub: problems, cameras lost and back, what cameras saw lately, how it is."""

from collections.abc import Mapping
from typing import Any

from edge.contract.envelope import event_body
from edge.contract.problems import Problem
from edge.contract.words import Lane
from edge.core.clock import Now
from edge.durable.rows import NewRow

PROBLEM_TYPE = "cn.dongtou.edge.agent.problem.v1"
STARTED_TYPE = "cn.dongtou.edge.agent.started.v1"
HEALTH_TYPE = "cn.dongtou.edge.agent.health.v1"
CAMERA_LOST_TYPE = "cn.dongtou.edge.camera.lost.v1"
CAMERA_BACK_TYPE = "cn.dongtou.edge.camera.back.v1"
CAMERA_ACTIVITY_TYPE = "cn.dongtou.edge.camera.activity.v1"


def row(kind: str, lane: Lane, data: Mapping[str, Any], now: Now, subject: str | None = None) -> NewRow:
    """An event of the agent's own, at this instant."""
    return NewRow(lane, now.wall_us, now.uptime_ms, now.quality.value, event_body(kind, data, subject))


def problem_row(problem: Problem, now: Now) -> NewRow:
    """A problem the hub should know of."""
    return row(PROBLEM_TYPE, Lane.RECORD, problem.model_dump(mode="json"), now, problem.code)
