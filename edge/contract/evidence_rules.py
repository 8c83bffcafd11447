# SPDX-License-Identifier: Apache-2.0
"""Whether a case meets what is asked of traffic evidence: GA/T 832-2014, and the stricter practice of Beijing (2014).

Each rule is judged on its own, by the facts and by what the pictures themselves show; nothing here decides a fine.
GA/T 832-2014 asks for two panoramas (全景照片) of a standing vehicle 10 s or more apart, at 1280 x 720 or more, by a
clock at most 1.0 s off Beijing time; Beijing asks for three, two of them further apart than the stop that is allowed,
and for one on which the plate is legible.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from edge.contract.evidence import CaseFacts, Photograph, Pixels
from edge.contract.words import ClockQuality

PANORAMAS: Final = 2
"""GA/T 832-2014: at different times."""
PANORAMAS_BEIJING: Final = 3
APART_S: Final = 10.0
"""GA/T 832-2014, of a standing vehicle."""
LEAST_WIDTH: Final = 1280
LEAST_HEIGHT: Final = 720
"""GA/T 832-2014, of digital cameras."""
CLOCK_ERROR_S: Final = 1.0
"""GA/T 832-2014, against Beijing time."""
_ROUNDING_S: Final = 0.01


class Rule(StrEnum):
    """What is asked of a case."""

    PANORAMAS = "panoramas"
    APART = "apart"
    SPAN = "span"
    SIZE = "size"
    PLATE = "plate"
    CLOCK = "clock"
    FACTS = "facts"


class Outcome(StrEnum):
    """How a case stands to a rule.

    `below-standard` is what this camera and this place allow, or the national rule met and Beijing's not: a person
    decides. `not-met` cannot be used as evidence. `unknown` is said where the case does not tell.
    """

    MET = "met"
    BELOW = "below-standard"
    NOT_MET = "not-met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's outcome, and what it was judged by, for people to read."""

    rule: Rule
    outcome: Outcome
    seen: Mapping[str, str | float | int]


def judge(facts: CaseFacts, pixels: Mapping[str, Pixels]) -> tuple[Finding, ...]:
    """Every rule's outcome. `pixels` are the sizes that the pictures themselves have, by SHA-256.

    Where a picture's size is not among them, what the case says of it counts.
    """
    scenes = sorted((one for one in facts.photographs if one.view == "whole-scene"), key=lambda one: one.taken_at)
    return (
        _panoramas(scenes),
        _apart(scenes),
        _span(scenes, facts.limit_s),
        _size(scenes, pixels),
        _plate(facts),
        _clock(facts),
        _facts(facts),
    )


def worst(findings: tuple[Finding, ...]) -> Outcome:
    """One word for all: what cannot be used counts before what is not known, and that before what is below."""
    order = (Outcome.NOT_MET, Outcome.UNKNOWN, Outcome.BELOW)
    return next((one for one in order if any(finding.outcome is one for finding in findings)), Outcome.MET)


def _panoramas(scenes: list[Photograph]) -> Finding:
    count = len({one.blob.sha256 for one in scenes})
    outcome = Outcome.MET if count >= PANORAMAS_BEIJING else Outcome.BELOW if count >= PANORAMAS else Outcome.NOT_MET
    return Finding(Rule.PANORAMAS, outcome, {"count": count})


def _apart(scenes: list[Photograph]) -> Finding:
    """Neighbours are 10 s apart; where some are nearer, two that are far enough still do for the national rule."""
    least = min((_seconds(later, earlier) for earlier, later in pairwise(scenes)), default=0.0)
    most = _seconds(scenes[-1], scenes[0]) if scenes else 0.0
    outcome = Outcome.MET if least >= APART_S else Outcome.BELOW if most >= APART_S else Outcome.NOT_MET
    return Finding(Rule.APART, outcome, {"least_s": round(least, 1)})


def _span(scenes: list[Photograph], limit_s: float) -> Finding:
    """Beijing's: the pictures themselves show that the vehicle stood longer than is allowed."""
    span = _seconds(scenes[-1], scenes[0]) if scenes else 0.0
    outcome = Outcome.MET if span >= limit_s - _ROUNDING_S else Outcome.BELOW
    return Finding(Rule.SPAN, outcome, {"span_s": round(span, 1), "limit_s": limit_s})


def _size(scenes: list[Photograph], pixels: Mapping[str, Pixels]) -> Finding:
    """A small camera cannot do better, and that is said; a picture made smaller than it need be is no evidence."""
    sizes = [(pixels.get(one.blob.sha256) or one.pixels, one.camera_pixels) for one in scenes]
    known = [(size, camera) for size, camera in sizes if size is not None]
    if not known or len(known) < len(sizes):
        return Finding(Rule.SIZE, Outcome.UNKNOWN, {})
    size, camera = min(known, key=lambda one: one[0].width * one[0].height)
    source = f"{camera.width} × {camera.height}" if camera else "–"
    seen: dict[str, str | float | int] = {"width": size.width, "height": size.height, "camera": source}
    if all(_large(one) for one, _ in known):
        return Finding(Rule.SIZE, Outcome.MET, seen)
    needlessly = any(not _large(one) and whole is not None and _large(whole) for one, whole in known)
    return Finding(Rule.SIZE, Outcome.NOT_MET if needlessly else Outcome.BELOW, seen)


def _plate(facts: CaseFacts) -> Finding:
    text = facts.plate.text if facts.plate else "–"
    if any(one.view == "plate" for one in facts.photographs):
        outcome, why = (Outcome.MET, "there") if facts.plate else (Outcome.BELOW, "not-legible")
        return Finding(Rule.PLATE, outcome, {"plate": text, "why": why})
    outcome = Outcome.BELOW if facts.no_plate else Outcome.NOT_MET
    return Finding(Rule.PLATE, outcome, {"plate": text, "why": facts.no_plate or "?"})


def _clock(facts: CaseFacts) -> Finding:
    """A clock that nobody vouches for is not known to be right, whatever error it states."""
    error = facts.clock_error_s
    seen = {"quality": facts.clock.value, "error_s": "?" if error is None else round(error, 3)}
    if facts.clock is not ClockQuality.SYNCED:
        return Finding(Rule.CLOCK, Outcome.NOT_MET, seen)
    if error is None:
        return Finding(Rule.CLOCK, Outcome.UNKNOWN, seen)
    return Finding(Rule.CLOCK, Outcome.MET if error <= CLOCK_ERROR_S else Outcome.NOT_MET, seen)


def _facts(facts: CaseFacts) -> Finding:
    wrong = tuple(_wrong_facts(facts))
    return Finding(Rule.FACTS, Outcome.NOT_MET if wrong else Outcome.MET, {"wrong": ", ".join(wrong) or "–"})


def _wrong_facts(facts: CaseFacts) -> Iterator[str]:
    """What a court would ask for and does not find, or finds in contradiction, by the name of the field."""
    said = {
        "place.code": facts.place.code,
        "place.name": facts.place.name,
        "device": facts.device,
        "camera": facts.camera,
        "zone": facts.zone,
        "vehicle": facts.vehicle,
    }
    yield from (name for name, text in said.items() if not text.strip())
    stood = (facts.last_seen - facts.first_seen).total_seconds()
    if abs(stood - facts.dwell_s) > CLOCK_ERROR_S:
        yield "dwell_s"
    if facts.dwell_s < facts.limit_s - _ROUNDING_S:
        yield "limit_s"
    slack = timedelta(seconds=CLOCK_ERROR_S)
    if any(not facts.first_seen - slack <= one.taken_at <= facts.last_seen + slack for one in facts.photographs):
        yield "taken_at"


def _large(size: Pixels) -> bool:
    return size.width >= LEAST_WIDTH and size.height >= LEAST_HEIGHT


def _seconds(later: Photograph, earlier: Photograph) -> float:
    return (later.taken_at - earlier.taken_at).total_seconds()
