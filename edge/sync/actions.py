# SPDX-License-Identifier: Apache-2.0
"""What a session may ask of the courier."""

from dataclasses import dataclass

from edge.contract.words import Lane


@dataclass(frozen=True, slots=True)
class Connect:
    """Open the link."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Give up a link that looks alive and is not."""

    reason: str


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
class Wait:
    """Nothing to do until something happens, or until `until_s` on the session's clock."""

    until_s: float | None


Action = Connect | Disconnect | Publish | Ahead | Wait


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


Verdict = Forget | TellLost
