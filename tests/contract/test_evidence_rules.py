# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edge.contract.blobs import BlobRef
from edge.contract.evidence import CaseFacts, Photograph, Pixels, Place, Plate
from edge.contract.evidence_rules import Outcome, Rule, judge, worst
from edge.contract.words import ClockQuality

AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
HD, SMALL = Pixels(width=1280, height=720), Pixels(width=704, height=576)


def photograph(after_s: float, view: str = "whole-scene", **more: Pixels | None) -> Photograph:
    blob = BlobRef(sha256=f"{round(after_s * 10 + 1000):064x}", size=9, media_type="image/jpeg")
    said = {"taken_at": AT + timedelta(seconds=after_s), "view": view, "blob": blob, "pixels": HD}
    return Photograph.model_validate(said | more)


def case(*photographs: Photograph, **more: object) -> CaseFacts:
    """A case that meets every rule but for what is said otherwise."""
    usual: dict[str, Any] = {
        "case": "c", "place": Place(code="330305001", name="海港路"), "device": "cam-12", "camera": "street",
        "zone": "stop", "vehicle": "car", "plate": Plate(text="浙C12345", confidence=0.99), "first_seen": AT,
        "last_seen": AT + timedelta(seconds=70), "dwell_s": 70.0, "clock": ClockQuality.SYNCED, "limit_s": 60.0,
        "clock_error_s": 0.2,
    }  # fmt: skip
    shown = photographs or (photograph(0), photograph(30), photograph(60), photograph(61, "plate"))
    return CaseFacts(**usual | more, photographs=shown)


def outcomes(facts: CaseFacts, pixels: dict[str, Pixels] | None = None) -> dict[Rule, Outcome]:
    return {finding.rule: finding.outcome for finding in judge(facts, pixels or {})}


def test_a_complete_case_meets_every_rule() -> None:
    """Three panoramas over the limit, large enough, with the plate, by a right clock."""
    assert set(outcomes(case()).values()) == {Outcome.MET}
    assert worst(judge(case(), {})) is Outcome.MET


@pytest.mark.parametrize(
    ("photographs", "rule", "outcome"),
    [
        ((photograph(0), photograph(60)), Rule.PANORAMAS, Outcome.BELOW),
        ((photograph(0), photograph(0)), Rule.PANORAMAS, Outcome.NOT_MET),
        ((photograph(0), photograph(5), photograph(60)), Rule.APART, Outcome.BELOW),
        ((photograph(0), photograph(5)), Rule.APART, Outcome.NOT_MET),
        ((photograph(5, "plate"),), Rule.APART, Outcome.NOT_MET),
        ((photograph(0), photograph(30)), Rule.SPAN, Outcome.BELOW),
        ((photograph(5, "plate"),), Rule.SPAN, Outcome.BELOW),
        ((photograph(5, "plate"),), Rule.SIZE, Outcome.UNKNOWN),
        ((photograph(0, pixels=None), photograph(30)), Rule.SIZE, Outcome.UNKNOWN),
        ((photograph(0, pixels=SMALL), photograph(30)), Rule.SIZE, Outcome.BELOW),
        ((photograph(0, pixels=SMALL, camera_pixels=SMALL),), Rule.SIZE, Outcome.BELOW),
        ((photograph(0, pixels=SMALL, camera_pixels=HD),), Rule.SIZE, Outcome.NOT_MET),
        ((photograph(0),), Rule.PLATE, Outcome.NOT_MET),
        ((photograph(-20), photograph(60)), Rule.FACTS, Outcome.NOT_MET),
    ],
    ids=str,
)
def test_photographs_are_counted_timed_and_measured(
    photographs: tuple[Photograph, ...], rule: Rule, outcome: Outcome
) -> None:
    """What the pictures themselves fall short of is told by the rule it belongs to."""
    assert outcomes(case(*photographs))[rule] is outcome


@pytest.mark.parametrize(
    ("more", "rule", "outcome"),
    [
        ({"plate": None}, Rule.PLATE, Outcome.BELOW),
        ({"clock": ClockQuality.HELD}, Rule.CLOCK, Outcome.NOT_MET),
        ({"clock_error_s": None}, Rule.CLOCK, Outcome.UNKNOWN),
        ({"clock_error_s": 1.0}, Rule.CLOCK, Outcome.MET),
        ({"clock_error_s": 1.01}, Rule.CLOCK, Outcome.NOT_MET),
        ({"zone": " "}, Rule.FACTS, Outcome.NOT_MET),
        ({"dwell_s": 80.0}, Rule.FACTS, Outcome.NOT_MET),
        ({"limit_s": 71.0}, Rule.FACTS, Outcome.NOT_MET),
    ],
    ids=str,
)
def test_facts_are_complete_and_agree(more: dict[str, Any], rule: Rule, outcome: Outcome) -> None:
    """A clock that is off or unknown, a gap or a contradiction is told, and each by its own rule."""
    assert outcomes(case(**more))[rule] is outcome


def test_a_missing_plate_needs_a_reason() -> None:
    """Without a close-up the case says why, or it cannot be used."""
    bare = (photograph(0), photograph(30), photograph(60))
    assert outcomes(case(*bare, no_plate="not-legible"))[Rule.PLATE] is Outcome.BELOW
    assert worst(judge(case(*bare, no_plate="not-legible"), {})) is Outcome.BELOW
    assert worst(judge(case(*bare), {})) is Outcome.NOT_MET
    assert outcomes(case(*bare, plate=None))[Rule.PLATE] is Outcome.NOT_MET


def test_the_pictures_own_size_counts_before_what_is_said_of_it() -> None:
    """A case cannot claim pixels that its pictures do not have."""
    facts = case()
    assert outcomes(facts, {facts.photographs[1].blob.sha256: SMALL})[Rule.SIZE] is Outcome.BELOW
