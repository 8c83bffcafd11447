# SPDX-License-Identifier: Apache-2.0
"""What a session may ask of the courier."""

from dataclasses import dataclass

from edge.contract.words import Lane
from edge.sync.reasons import Ending


@dataclass(frozen=True, slots=True)
class Connect:
    """Open the link to this broker of the list."""

    broker: int = 0


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Give up a link that looks alive and is not, or that serves worse than another."""

    reason: str
    ending: Ending = Ending.LOST


@dataclass(frozen=True, slots=True)
class Publish:
    """Send the rows of `lane` behind `after`, as many as one batch holds, and tell `published`."""

    lane: Lane
    after: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """Send the row `seq` of lane record out of its turn, and tell `published_ahead`."""

    seq: int


@dataclass(frozen=True, slots=True)
class Ping:
    """Ask the broker whether it is there; whatever comes from it is an answer."""


@dataclass(frozen=True, slots=True)
class Resubscribe:
    """Subscribe once more to what we listen to: the broker may have forgotten."""


@dataclass(frozen=True, slots=True)
class Canary:
    """Write down an event that the hub must acknowledge, so that it shows whether it hears us and we hear it."""


@dataclass(frozen=True, slots=True)
class Look:
    """See whether the first broker can be reached, beside the work, and tell `looked`."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do until something happens, or until `until_s` on the session's clock."""

    until_s: float | None


Question = Ping | Resubscribe | Canary | Look
"""What shows whether somebody is there."""
Action = Connect | Disconnect | Publish | Ahead | Question | Wait


@dataclass(frozen=True, slots=True)
class Forget:
    """The hub has everything in `lane` up to `through`."""

    lane: Lane
    through: int


@dataclass(frozen=True, slots=True)
class TellLost:
    """The hub went back in time and asks for rows that are gone here: tell it that they will never come."""

    lane: Lane
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class TellAgain:
    """The hub does not know any more what it was told of gaps by rows of lane record behind `after`: tell it again."""

    after: int


Verdict = Forget | TellLost | TellAgain
