# SPDX-License-Identifier: Apache-2.0
"""What the agent itself tells the hub, as rows."""

from pydantic import BaseModel

from edge.contract.envelope import event_body
from edge.contract.events import EVENTS
from edge.contract.health import PROBLEM_TYPE
from edge.contract.problems import Problem
from edge.core.clock import Now
from edge.durable.rows import NewRow

_LANE_OF = {event.type: event.lane for event in EVENTS}


def notice(kind: str, data: BaseModel, now: Now, subject: str | None = None) -> NewRow:
    """An event of the agent's own at this instant, on the lane of its kind."""
    body = event_body(kind, data.model_dump(mode="json", by_alias=True), subject)
    return NewRow(_LANE_OF[kind], now.wall_us, now.uptime_ms, now.quality.value, body)


def problem_notice(problem: Problem, now: Now) -> NewRow:
    """A problem the hub should know of."""
    return notice(PROBLEM_TYPE, problem, now, problem.code)
