# SPDX-License-Identifier: Apache-2.0
"""When a rule is in force: days and hours by the place's own clock, which has a fixed offset and no summer time."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MIN = 24 * 60
_MINUTE_US = 60_000_000
_EPOCH_DAY = DAYS.index("thu")
"""1 January 1970 was a Thursday."""

UtcOffset = Annotated[str, Field(pattern=r"^[+-](0\d|1[0-4]):[0-5]\d$", description="of the place, such as +08:00")]
DayTime = Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", description="HH:MM, 00:00 to 24:00")]


def _no_day_twice(days: tuple[Day, ...]) -> tuple[Day, ...]:
    if len(set(days)) < len(days):
        raise PydanticCustomError("day-twice", "a day is given twice")
    return days


class Hours(BaseModel):
    """From one time to another on some days. With `to` not after `from` it ends on the next day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Annotated[
        tuple[Day, ...], Field(min_length=1, description="on which the hours begin"), AfterValidator(_no_day_twice)
    ] = DAYS
    from_: DayTime = Field(alias="from")
    to: DayTime

    def hold(self, day: int, minute: int) -> bool:
        """Whether a minute of a day (0 is Monday) lies within, counting what began the day before."""
        begin, end = _minutes(self.from_), _minutes(self.to)
        if end > begin:
            return DAYS[day] in self.days and begin <= minute < end
        return (DAYS[day] in self.days and minute >= begin) or (DAYS[day - 1] in self.days and minute < end)


def in_force(hours: Iterable[Hours], utc_offset: UtcOffset, at_us: int) -> bool:
    """Whether one of the hours holds at an instant; no hours at all means always."""
    local_min = at_us // _MINUTE_US + _offset_min(utc_offset)
    day, minute = divmod(local_min, DAY_MIN)
    spans = tuple(hours)
    return not spans or any(span.hold((day + _EPOCH_DAY) % len(DAYS), minute) for span in spans)


def day_of(at_us: int, utc_offset: UtcOffset, begins: DayTime) -> int:
    """Number of the day an instant belongs to, if days begin at that time of the place's own clock."""
    return (at_us // _MINUTE_US + _offset_min(utc_offset) - _minutes(begins)) // DAY_MIN


def _minutes(text: DayTime) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _offset_min(text: UtcOffset) -> int:
    return (-1 if text[0] == "-" else 1) * _minutes(text[1:])
