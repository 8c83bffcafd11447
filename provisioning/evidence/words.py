# SPDX-License-Identifier: Apache-2.0
"""A case in people's words: what sheets, overlays and reports say of it, in either language."""

from dataclasses import dataclass

from edge.contract.evidence import CaseFacts, ChainLink
from edge.contract.evidence_rules import Finding, Rule
from edge.contract.instants import clock_time, span, stamp
from edge.contract.phrases import phrase, phrases
from edge.contract.problems import Language


@dataclass(frozen=True, slots=True)
class Words:
    """What to say, in one language."""

    language: Language

    def say(self, key: str, **facts: object) -> str:
        """A phrase of the room `evidence`."""
        return phrase(f"evidence.{key}", self.language, **facts)

    def known(self, key: str, otherwise: str) -> str:
        """A phrase if there is one: what devices name may be newer than we are."""
        return phrases("evidence", self.language).get(key, otherwise)

    def rule(self, finding: Finding) -> str:
        """One rule, with what it was judged by."""
        seen = {"width": "?", "height": "?", "camera": "–", **finding.seen}
        if finding.rule is Rule.PLATE:
            seen["why"] = self.plate(str(seen["why"]))
        if finding.rule is Rule.CLOCK:
            seen["quality"] = self.known(f"clock-{seen['quality']}", str(seen["quality"]))
        return self.say(f"rule-{finding.rule.value}", **seen)

    def plate(self, why: str) -> str:
        """Whether there is a close-up of the plate, and why not."""
        return self.known(f"plate-{why}", self.say("plate-unsaid"))

    def facts(self, facts: CaseFacts, link: ChainLink | None) -> tuple[tuple[str, str], ...]:
        """Names and values, in the order in which a reviewer asks for them."""
        place, plate = facts.place, facts.plate
        device = f"{facts.device_number} ({facts.device})" if facts.device_number else facts.device
        said = {
            "place": f"{place.name}（{place.code}）"
            if self.language is Language.ZH
            else f"{place.name} ({place.code})",
            "direction": place.direction or "",
            "device": f"{device} / {facts.camera}",
            "zone": " · ".join(filter(None, (facts.zone, facts.sign))),
            "number": self._plate_text(plate.text, plate.colour, plate.confidence) if plate else "",
            "kind": phrases("seen", self.language).get(f"kind-{facts.vehicle}", facts.vehicle),
            "stood": f"{stamp(facts.first_seen, 'seconds')} – {clock_time(facts.last_seen)}",
            "dwell": self.say("dwell-limit", dwell=span(facts.dwell_s), limit=span(facts.limit_s)),
            "clock": self._clock(facts),
            "case": facts.case,
            "chain": self.say("chain-place", number=link.number, epoch=link.epoch) if link else "",
            "verdict": self.say("for-review"),
        }
        return tuple((self.say(f"sheet-{key}"), value or "–") for key, value in said.items())

    def offence(self, facts: CaseFacts) -> str:
        """What is suspected, in one line; it accuses nobody."""
        zone = " · ".join(filter(None, (facts.zone, facts.sign)))
        return self.say("offence", zone=zone, dwell=span(facts.dwell_s), limit=span(facts.limit_s))

    def _plate_text(self, text: str, colour: str | None, sure: float) -> str:
        shade = self.known(f"colour-{colour}", colour) if colour else ""
        return " · ".join(filter(None, (text, shade, f"{sure:.1%}")))

    def _clock(self, facts: CaseFacts) -> str:
        quality = self.known(f"clock-{facts.clock.value}", facts.clock.value)
        if facts.clock_error_s is None:
            return quality
        return self.say("clock-off", quality=quality, error_s=f"{facts.clock_error_s:.2f}")
