# SPDX-License-Identifier: Apache-2.0
"""Everything a role can ask for. Effects of one step are committed together with its state, then carried out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.contract.words import Lane
from edge.core.clock import Now
from edge.core.tracks import PictureRef


@dataclass(frozen=True, slots=True)
class Emit:
    """A fact for the hub.

    With `manifest`, its JSON is signed by the device key as the next link of the device's chain, in the commit that
    holds the step, and put into `data` as `manifest`. `pictures` were kept before or in the same step; they travel to
    the hub because of this event.
    """

    type: str
    lane: Lane
    at: Now
    data: Mapping[str, Any]
    subject: str | None = None
    manifest: Mapping[str, Any] | None = None
    pictures: tuple[PictureRef, ...] = ()


@dataclass(frozen=True, slots=True)
class KeepEvidence:
    """Take a picture out of the ring for `keeper`: it is on disk, fsynced, before the step's rows are."""

    picture: PictureRef
    keeper: str


@dataclass(frozen=True, slots=True)
class ReleaseEvidence:
    """`keeper` needs its pictures no longer. What no event has sent on its way, and nobody else keeps, is deleted."""

    keeper: str


@dataclass(frozen=True, slots=True)
class Drive:
    """Make something of the device show or be a value: a sign how many spaces are free.

    Carried out after the commit, and never before it. Of several for the same `actuator` only the newest counts, and
    the same again does no harm, so whoever asks says it again after each start. None: nobody knows the value.
    """

    actuator: str
    value: int | None


Effect = Emit | KeepEvidence | ReleaseEvidence | Drive
