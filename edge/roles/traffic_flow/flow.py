# SPDX-License-Identifier: Apache-2.0
"""How freely a lane flows: running averages of speed, occupancy and queue, and a level that does not flicker."""

import math
from collections.abc import Sequence
from dataclasses import replace

from edge.core.grades import passed
from edge.roles.traffic_flow.config import Levels
from edge.roles.traffic_flow.lanes import LaneMap
from edge.roles.traffic_flow.occupants import Occupant
from edge.roles.traffic_flow.state import Flow

NOTHING = 0.002
"""Averages below this are those of an empty lane."""
SLOWEST_KMH = 0.1
LONGEST_S = 10.0
"""What one look stands for at most."""


def flowed(levels: Levels, lane: LaneMap, flow: Flow, at_us: int, now: tuple[Sequence[Occupant], float, float]) -> Flow:
    """The averages after a look at who is in the lane, its occupancy and its queue; level not yet judged anew."""
    inside, occupancy, queue_m = now
    elapsed_s = min(LONGEST_S, (at_us - flow.at_us) / 1e6) if flow.at_us else 0.0
    part = 1 - math.exp(-elapsed_s / levels.over_s)
    speeds = [max(0.0, one.kmh) for one in inside if one.kmh is not None]
    after = Flow(
        at_us=at_us,
        occupancy=_towards(flow.occupancy, occupancy, part),
        queue_m=_towards(flow.queue_m, queue_m, part, lane.length_m),
        vehicles=_towards(flow.vehicles, len(speeds), part),
        speed_sum=_towards(flow.speed_sum, sum(speeds), part),
        grade=flow.grade,
    )
    return _graded(levels, lane, after)


def idle(flow: Flow) -> bool:
    """Whether another look at an empty lane would change nothing."""
    return not (flow.occupancy or flow.queue_m or flow.vehicles) and flow.grade.settled


def _towards(before: float, now: float, part: float, scale: float = 1.0) -> float:
    after = before + part * (now - before)
    return after if after > NOTHING * scale else 0.0


def _graded(levels: Levels, lane: LaneMap, flow: Flow) -> Flow:
    present = flow.grade.grade
    by_speed = 0
    if flow.speed_kmh is not None:
        # Slower is worse, so the limits are for the time that a metre takes.
        by_speed = passed(present, 1 / max(flow.speed_kmh, SLOWEST_KMH), [1 / limit for limit in levels.speeds_kmh])
    by_occupancy = passed(present, flow.occupancy, levels.occupancies)
    by_queue = passed(present, flow.queue_m / lane.length_m, levels.queues)
    now = max(min(by_speed, by_occupancy), by_queue)
    return replace(flow, grade=flow.grade.after(flow.at_us, now, round(levels.hold_s * 1e6)))
