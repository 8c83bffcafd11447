# SPDX-License-Identifier: Apache-2.0
"""Which level of the typhoon plan holds, and who may not be in an area by it.

The bulletin issued last wins, in whatever order they arrive. Without a line to the hub the last one goes on holding
until its own end; it does not end while the clock is unset, since nobody knows then whether it has.
"""

from dataclasses import replace

from edge.contract.port import PLAN_TYPE, PlanInForce, PlanLevel, TyphoonPlan
from edge.contract.words import ClockQuality, Lane
from edge.core.clock import Now, instant, wall_us
from edge.core.effects import Emit
from edge.core.schedule import in_force
from edge.core.tracks import Kind
from edge.roles.port_watch.config import Area, Closure, Settings
from edge.roles.port_watch.state import Plan, State

Said = tuple[Emit, ...]


def level_of(settings: Settings, state: State) -> PlanLevel:
    """The level in force."""
    return settings.level if state.plan is None else state.plan.level


def ordered(settings: Settings, state: State, order: TyphoonPlan, now: Now) -> tuple[State, Said]:
    """The state under another plan, unless one that was issued later is known, or the same one."""
    plan = Plan(order.level, wall_us(order.issued), None if order.until is None else wall_us(order.until))
    if state.plan is not None and plan.issued_us <= state.plan.issued_us:
        return state, ()
    said = _told(settings, level_of(settings, state), plan, "ordered", now)
    # A new level is a new beginning: what was said before must not make the role slower to speak.
    posts = tuple(replace(post, rung_ms=()) for post in state.posts)
    return replace(state, plan=plan, posts=posts), said


def expired(settings: Settings, state: State, now: Now) -> tuple[State, Said]:
    """The state once the plan's own end has come; the same one until then."""
    plan = state.plan
    over = plan is not None and plan.until_us is not None and now.wall_us >= plan.until_us
    if plan is None or not over or now.quality is ClockQuality.UNSET:
        return state, ()
    ended = Plan(PlanLevel.NONE, plan.issued_us)
    return replace(state, plan=ended), _told(settings, plan.level, ended, "expired", now)


def closures(settings: Settings, state: State, area: Area, at_us: int) -> tuple[Closure, ...]:
    """What closes an area at an instant."""
    rank = level_of(settings, state).rank
    return tuple(
        one for one in area.closures if one.level.rank <= rank and in_force(one.hours, settings.utc_offset, at_us)
    )


def grace_s(closing: tuple[Closure, ...], kind: Kind) -> float | None:
    """How long one of a kind may be there; None for as long as it likes."""
    return min((one.grace_s for one in closing if kind in one.who), default=None)


def _told(settings: Settings, was: PlanLevel, plan: Plan, why: str, now: Now) -> Said:
    data = PlanInForce.model_validate(
        {
            "place": settings.place,
            "level": plan.level,
            "was": was,
            "why": why,
            "issued": instant(plan.issued_us),
            "until": None if plan.until_us is None else instant(plan.until_us),
        }
    )
    return (Emit(PLAN_TYPE, Lane.RECORD, now, data.model_dump(mode="json"), plan.level.value),)
