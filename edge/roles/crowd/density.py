# SPDX-License-Identifier: Apache-2.0
"""How close people stand in an area, and when that is to be told: levels with hysteresis, alarms and all-clears."""

import math
from dataclasses import replace

from edge.core.grades import passed
from edge.roles.crowd.config import Area, Site
from edge.roles.crowd.state import LEVELS, AreaState, Level, SiteState

OVER_S = 3.0
"""People are averaged over so long: boxes of people who stand before each other come and go."""
LONGEST_S = 5.0
"""What one look stands for at most."""
NOBODY = 0.02
CLEAR = 0.95
"""Part of a capacity below which its alarm is over."""


def looked_at(site: Site, area: Area, before: AreaState, at_us: int, people: int) -> AreaState:
    """The area after a look that showed so many people."""
    elapsed_s = min(LONGEST_S, max(0, at_us - before.looked_us) / 1e6) if before.looked_us else 0.0
    part = 1 - math.exp(-elapsed_s / OVER_S) if before.looked_us else 1.0
    average = before.average + part * (people - before.average)
    if average < NOBODY:
        average = 0.0
    grade = passed(before.grade.grade, average / area.size_m2, site.levels_per_m2)
    return replace(
        before,
        looked_us=max(before.looked_us, at_us),
        people=people,
        average=average,
        grade=before.grade.after(at_us, grade, round(site.hold_s * 1e6)),
        peak=max(before.peak, round(average)),
        people_s=before.people_s + people * elapsed_s,
    )


def calm(area: AreaState) -> bool:
    """Whether another look at nobody would change nothing."""
    return not area.people and not area.average and area.grade.settled and area.level is Level.COMFORTABLE


def alarming(site: Site, area: AreaState) -> bool:
    """Whether its level is one to alarm at."""
    return area.grade.grade >= LEVELS.index(Level(site.alarm_at))


def limit_per_m2(site: Site) -> float:
    """People per square metre from which there is an alarm."""
    return site.levels_per_m2[LEVELS.index(Level(site.alarm_at)) - 1]


def too_many(site: Site, state: SiteState) -> bool:
    """Whether more are present than may be; once it is so, until clearly fewer are."""
    if site.capacity is None:
        return False
    return state.present > (site.capacity * CLEAR if state.over_us else site.capacity)
