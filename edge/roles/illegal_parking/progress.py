# SPDX-License-Identifier: Apache-2.0
"""A stay whose vehicle shows: how it begins, and how it is dated, opened, photographed and completed."""

from collections.abc import Sequence
from dataclasses import replace

from edge.contract.words import ClockQuality
from edge.core.clock import CLOCK_SET_US, SECOND_US
from edge.core.effects import Effect, KeepEvidence, ReleaseEvidence
from edge.core.tracks import Track
from edge.roles.illegal_parking import facts
from edge.roles.illegal_parking.absence import unmissed
from edge.roles.illegal_parking.config import Zone
from edge.roles.illegal_parking.exemptions import exemption, legible
from edge.roles.illegal_parking.look import Look
from edge.roles.illegal_parking.matching import doubled, stands_in
from edge.roles.illegal_parking.photographs import enough, pictures_due, plate_due
from edge.roles.illegal_parking.queues import line_of, went
from edge.roles.illegal_parking.stays import Phase, Stay, bound, shifted, told_again

SETTLE_US = 5 * SECOND_US
"""A stay begins at most so long before it is first looked at, whatever a track says of the time before."""
AFTERTHOUGHT_US = 10 * SECOND_US
"""A tracker that needs longer to know an arrival tells of a movement: of this vehicle, or of another under its name."""

Said = tuple[Effect, ...]


def begun(look: Look, track: Track, stays: Sequence[Stay]) -> tuple[Stay, ...]:
    """The stay that begins with a standing track that is no known vehicle's, if it stands in a zone in force.

    Who was not seen to come is a resident: remembered, so that it is not taken for an arrival later on.
    """
    still_us = track.still_since_us
    if still_us is None or not look.counts(track) or doubled(track, (stay.box for stay in stays)):
        return ()
    phase = Phase.STANDING if look.came(track) else Phase.RESIDENT
    # A tracker needs two looks to be sure of a vehicle, and those may be minutes apart.
    settle_us = max(SETTLE_US, look.few_looks_us)
    for zone in look.zones.values():
        if stands_in(zone, track) and look.in_force(zone):
            first_us = _unique(zone, max(min(still_us, look.at_us), look.at_us - settle_us), stays)
            last_us = max(first_us, look.at_us)
            named = (track.id, track.first_us, still_us)
            return (Stay(zone.name, zone.camera, track.kind, phase, *named, track.box, first_us, last_us),)
    return ()


def stood(look: Look, stay: Stay, track: Track) -> tuple[Stay, Said]:
    """The stay as far as it has come by this look, and what is to be said and kept."""
    backwards = look.at_us < stay.last_us - CLOCK_SET_US
    here = shifted(stay, look.at_us - stay.last_us) if backwards else stay
    here = told_again(unmissed(bound(_arrived(look, here, track), track)), look.at_us)
    if here.seldom_us != look.seldom_us and look.sighting.before_us is not None:
        here = replace(here, seldom_us=look.seldom_us)
    zone = look.zones[stay.zone]
    here = _lined_up(look, zone, _read(look, here, track), track)
    here, exempting = _judged(look, zone, here, track)
    if look.now.quality is ClockQuality.UNSET:
        return here, exempting
    here, opening = _opened(look, zone, here)
    here, pictures = _photographed(look, zone, here, track)
    here, case = _completed(look, zone, here)
    return here, exempting + opening + pictures + case


def _arrived(look: Look, stay: Stay, track: Track) -> Stay:
    """A resident that the tracker has come to know for an arrival, by second thoughts and not because it was nudged."""
    afterthought = stay.is_of(track) and track.still_since_us == stay.still_us and track.first_us <= stay.first_us
    soon = look.at_us - track.first_us <= max(AFTERTHOUGHT_US, look.few_looks_us)
    if stay.phase is not Phase.RESIDENT or not look.came(track) or not (afterthought and soon):
        return stay
    return replace(_dated(look, stay), phase=Phase.STANDING)


def _read(look: Look, stay: Stay, track: Track) -> Stay:
    """What the track says of the plate counts: it has all its looks. Until it says something, the last word holds."""
    read = track.plate and replace(track.plate, closeup=None, sure=round(track.plate.sure, 2), looks=0)
    if read is None or read == stay.plate or (not stay.is_of(track) and legible(look.settings, stay.plate)):
        return stay
    return replace(stay, plate=read)


def _lined_up(look: Look, zone: Zone, stay: Stay, track: Track) -> Stay:
    """The stay with those who stand in line with it. When they go and it does not, its time begins with that."""
    if stay.queue and went(look, stay):
        at_us = max(stay.last_us, look.at_us)
        return replace(stay, first_us=at_us, last_us=at_us, photographs=(), queue=())
    line = line_of(look, zone, stay, track)
    return stay if line == stay.queue else replace(stay, queue=line)


def _judged(look: Look, zone: Zone, stay: Stay, track: Track) -> tuple[Stay, Said]:
    """The stay as one that may be, if its kind or plate says so; or, if the kind was a slip, as one that may not."""
    if stay.phase in {Phase.RESIDENT, Phase.COMPLETED}:
        return stay, ()
    why = exemption(look.settings, zone, track, stay.plate)
    if why == stay.exemption:
        return stay, ()
    if why is None:
        return replace(stay, phase=Phase.OPENED if stay.case else Phase.STANDING, exemption=None), ()
    spared = replace(stay, phase=Phase.EXEMPT, exemption=why, vehicle=track.kind, photographs=(), queue=())
    return spared, (ReleaseEvidence(stay.case),) if stay.photographs else ()


def _opened(look: Look, zone: Zone, stay: Stay) -> tuple[Stay, Said]:
    if stay.phase is not Phase.STANDING or not _has_stood(look, stay, zone.grace_s):
        return stay, ()
    named = replace(_dated(look, stay), phase=Phase.OPENED, case=facts.case_id(look.device, stay))
    return named, (facts.opened(look.settings, zone, look.device, named, look.now),)


def _photographed(look: Look, zone: Zone, stay: Stay, track: Track) -> tuple[Stay, Said]:
    if stay.phase is not Phase.OPENED:
        return stay, ()
    plate = plate_due(stay, track) if legible(look.settings, stay.plate) else ()
    due = pictures_due(stay, zone, look.sighting, track) + plate
    if not due:
        return stay, ()
    photographed = replace(_dated(look, stay), photographs=stay.photographs + due)
    return photographed, tuple(KeepEvidence(kept.picture, stay.case) for kept in due)


def _completed(look: Look, zone: Zone, stay: Stay) -> tuple[Stay, Said]:
    """The case goes out with its pictures; they are the outbox's from here on, so nobody keeps them any more."""
    if stay.phase is not Phase.OPENED or not _has_stood(look, stay, zone.limit_s) or stay.queue:
        return stay, ()
    if not enough(stay, zone) or not _plate_settled(look, zone, stay):
        return stay, ()
    if not look.vouched:
        told = () if stay.told_clock else (facts.waits_for_clock(stay, look.now),)
        return (replace(stay, told_clock=True) if told else stay), told
    whole = _dated(look, stay)
    case = facts.case(look.settings, zone, look.device, whole, look.now, reads=look.reads)
    return replace(whole, phase=Phase.COMPLETED, photographs=()), (case, ReleaseEvidence(stay.case))


def _plate_settled(look: Look, zone: Zone, stay: Stay) -> bool:
    """Whether there is a plate, or no use in waiting for one any longer."""
    if zone.plate == "no" or legible(look.settings, stay.plate):
        return True
    waited = not look.reads or _has_stood(look, stay, zone.limit_s + zone.plate_wait_s)
    return zone.plate == "wanted" and waited


def _has_stood(look: Look, stay: Stay, seconds: float) -> bool:
    return look.at_us - stay.first_us >= seconds * SECOND_US


def _dated(look: Look, stay: Stay) -> Stay:
    return replace(stay, last_us=max(stay.last_us, look.at_us))


def _unique(zone: Zone, first_us: int, stays: Sequence[Stay]) -> int:
    """The instant, or the first free millisecond after it: a case is named by zone and instant."""
    taken = {stay.first_us // 1000 for stay in stays if stay.zone == zone.name}
    while first_us // 1000 in taken:
        first_us += 1000
    return first_us
