# SPDX-License-Identifier: Apache-2.0
"""What a check of a package found: part by part, rule by rule, and in one word."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from edge.contract.evidence import CaseFacts, ChainLink, Pixels
from edge.contract.evidence_rules import Finding, Outcome, Rule, worst
from edge.contract.problems import Problem


class Part(StrEnum):
    """What of a package is checked."""

    ARCHIVE = "archive"
    CONTENTS = "contents"
    SIGNATURE = "signature"
    SIGNER = "signer"
    PHOTOGRAPHS = "photographs"
    PICTURES = "pictures"
    COPIES = "copies"
    CHAIN = "chain"


class State(StrEnum):
    """How a part stands. `not-checked` is said where something to check it by was not given, or is broken itself."""

    HOLDS = "holds"
    FAILS = "fails"
    NOT_CHECKED = "not-checked"


class Verdict(StrEnum):
    """One word for a package."""

    WHOLE = "whole"
    """Nothing was changed, and the rules are met or fall short only by what a person may weigh."""
    NOT_EVIDENCE = "not-evidence"
    """Nothing was changed, and by the rules it cannot be used."""
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Check:
    """One part, and what is wrong with it."""

    part: Part
    problems: tuple[Problem, ...] = ()
    checked: bool = True

    @property
    def state(self) -> State:
        """In one word."""
        return State.FAILS if self.problems else State.HOLDS if self.checked else State.NOT_CHECKED


@dataclass(frozen=True, slots=True)
class Shown:
    """A photograph of the package: its entry, its own hash, its bytes, its size if it can be read, and its flaw."""

    name: str
    sha256: str
    content: bytes
    pixels: Pixels | None
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. Facts are there only if the signature holds: what nobody signed is not repeated."""

    sha256: str
    size: int
    checks: tuple[Check, ...]
    kid: str = ""
    code: str = ""
    facts: CaseFacts | None = None
    link: ChainLink | None = None
    shown: tuple[Shown, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong with the file, in the order of the checks; of a whole one, with the case."""
        return tuple(problem for check in self.checks for problem in check.problems) or self._unmet()

    @property
    def signer_checked(self) -> bool:
        """Whether the key is known to be the device's."""
        return self._signer is State.HOLDS

    @property
    def signer_said(self) -> str:
        """The phrase that says whose key it is: the device's, somebody else's, or unknown."""
        return {State.HOLDS: "signer-known", State.FAILS: "signer-other"}.get(self._signer, "signer-unknown")

    @property
    def _signer(self) -> State:
        states = (check.state for check in self.checks if check.part is Part.SIGNER)
        return next(states, State.NOT_CHECKED)

    @property
    def verdict(self) -> Verdict:
        """In one word."""
        if any(check.problems for check in self.checks):
            return Verdict.CHANGED
        return Verdict.NOT_EVIDENCE if self._unmet() else Verdict.WHOLE

    def _unmet(self) -> tuple[Problem, ...]:
        if worst(self.findings) is not Outcome.NOT_MET:
            return ()
        rules = ", ".join(_NAMES[one.rule] for one in self.findings if one.outcome is Outcome.NOT_MET)
        return (Problem(code=NOT_MET, detail={"rules": rules}),)


NOT_MET: Final = "evidence-rules-not-met"
_NAMES: Final = {
    Rule.PANORAMAS: "number of panoramas",
    Rule.APART: "time between panoramas",
    Rule.SPAN: "time from the first panorama to the last",
    Rule.SIZE: "size of the panoramas",
    Rule.PLATE: "close-up of the plate",
    Rule.CLOCK: "error of the clock",
    Rule.FACTS: "facts that are complete",
}
"""What a person is told of a rule; other languages know them as reasons."""


def as_json(report: Report) -> dict[str, Any]:
    """For programs."""
    return {
        "verdict": report.verdict.value,
        "sha256": report.sha256,
        "size": report.size,
        "device_kid": report.kid or None,
        "signature_of_known_device": report.signer_checked,
        "anti_forgery_code": report.code or None,
        "case": report.facts.case if report.facts else None,
        "facts": report.facts.model_dump(mode="json") if report.facts else None,
        "chain": report.link.model_dump(mode="json") if report.link else None,
        "checks": {check.part.value: check.state.value for check in report.checks},
        "photographs": [_photograph(one) for one in report.shown],
        "rules": [{"rule": one.rule.value, "outcome": one.outcome.value, **one.seen} for one in report.findings],
        "problems": [problem.model_dump(mode="json") for problem in report.problems],
    }


def _photograph(one: Shown) -> dict[str, Any]:
    pixels = one.pixels
    size = [pixels.width, pixels.height] if pixels else None
    return {"name": one.name, "sha256": one.sha256, "size": len(one.content), "pixels": size}
