# SPDX-License-Identifier: Apache-2.0
"""Who stands in a space, for how long, and whether he may: overstay and wrong class, each told once a stay."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from edge.core.clock import SECOND_US
from edge.core.tracks import Kind, Track
from edge.roles.parking.config import MAY_STAND, Settings, Space
from edge.roles.parking.lot import Guest

Breach = Literal["overstay", "kind", "plate-not-green", "no-green-plate-seen"]
GREEN = "green"
SURER = 0.05
"""A reading that is surer by so much replaces the one before."""


def seen(settings: Settings, guest: Guest, track: Track, over: tuple[str, ...], at_us: int) -> Guest:
    """The guest after a look at its vehicle; the same object if it says nothing new."""
    if over != guest.over:
        guest = replace(guest, over=over)
    if track.kind is not guest.kind and track.kind is not Kind.VEHICLE:
        guest = replace(guest, kind=track.kind, kind_us=at_us)
    plate = track.plate
    if plate and plate.sure >= settings.plate_sure and plate.sure >= guest.sure + SURER:
        guest = replace(guest, plate=plate.text, colour=plate.colour, sure=plate.sure)
    return guest


def breaches(settings: Settings, space: Space, guest: Guest, at_us: int) -> Iterator[Breach]:
    """What is wrong with a stay at an instant and was not told yet."""
    stayed_us = at_us - guest.since_us
    if space.max_stay_s is not None and stayed_us > space.max_stay_s * SECOND_US and "overstay" not in guest.told:
        yield "overstay"
    why = _wrong_class(settings, space, guest, at_us)
    if why is not None and why not in guest.told:
        yield why


def _wrong_class(settings: Settings, space: Space, guest: Guest, at_us: int) -> Breach | None:
    kind = guest.kind
    if kind and kind not in MAY_STAND[space.use] and at_us - guest.kind_us >= settings.class_after_s * SECOND_US:
        return "kind"
    if space.use != "ev":
        return None
    if guest.plate:
        return None if guest.colour == GREEN else "plate-not-green"
    wait_s = settings.plate_wait_s
    waited = wait_s is not None and at_us - guest.since_us >= wait_s * SECOND_US
    return "no-green-plate-seen" if waited else None
