# SPDX-License-Identifier: Apache-2.0
"""Composite sheets and overlays of a case, drawn on demand by a process of its own from the signed originals."""

import subprocess
import sys
from typing import Final

from edge.contract.evidence import CaseFacts, CaseManifest, Photograph
from edge.contract.evidence_package import forgery_code, machine_line
from edge.contract.instants import stamp
from edge.contract.problems import Language, ProblemError
from edge.contract.sheets import CANNOT_DRAW, MOST_TILES, OverlayAsked, SheetAsked, Tile
from provisioning.evidence.package import Pictures
from provisioning.evidence.signed import SignatureFault
from provisioning.evidence.source import SourceCase
from provisioning.evidence.verify import read_manifest
from provisioning.evidence.words import Words

_DRAWER: Final = "edge.vision.sheet"
_WITHIN_S: Final = 60.0
_HASH_SHOWN: Final = 16


def sheet(case: SourceCase, pictures: Pictures | None = None, language: Language = Language.ZH) -> bytes:
    """The composite sheet (合成图) of a case as JPEG, 1960 pixels wide: panoramas, close-ups, facts, code.

    Everything on it is taken from the signed manifest; `pictures` are the case's own unless others are given. It is for
    viewing: nothing of it is evidence by itself. Takes about a second, in a process of its own. Raises `ProblemError`
    evidence-unsigned, evidence-picture-missing, evidence-sheet-needs-vision or evidence-sheet-failed.
    """
    manifest, kid, code = _signed(case)
    words, facts = Words(language), manifest.facts
    scenes = [one for one in facts.photographs if one.view == "whole-scene"]
    if not scenes:
        raise ProblemError("evidence-sheet-failed", case=facts.case, reason="no panorama")
    draw = _Drawn(facts, pictures or case.pictures, words)
    asked = SheetAsked(
        title=words.say("sheet-title"),
        code=code,
        scenes=tuple(draw.scene(number, one) for number, one in _numbered(scenes)),
        no_scene=words.say("sheet-no-scene"),
        closeups=draw.closeups(),
        facts=words.facts(facts, manifest.chain),
        foot=(words.say("copy-of", kid=kid), _line(facts, scenes[0], code)),
    )
    return _drawn(facts.case, asked)


def overlay(case: SourceCase, number: int, language: Language = Language.ZH) -> bytes:
    """A copy of photograph `number` (from 1) with time, place, direction, device, offence and code burnt in, as JPEG.

    Raises `ProblemError` as `sheet` does.
    """
    manifest, _, code = _signed(case)
    facts, words = manifest.facts, Words(language)
    if not 1 <= number <= len(facts.photographs):
        raise ProblemError("evidence-sheet-failed", case=facts.case, reason=f"no photograph {number}")
    photograph = facts.photographs[number - 1]
    place = "  ".join(filter(None, (facts.place.name, facts.place.code, facts.place.direction)))
    device = f"{words.say('sheet-device')} {facts.device_number or facts.device}"
    asked = OverlayAsked(
        picture=_Drawn(facts, case.pictures, words).picture(photograph),
        lines=(
            f"{stamp(photograph.taken_at)}  {device}",
            place,
            words.offence(facts),
            words.say("code", code=code) + "  " + words.say("for-review"),
        ),
        code=code,
        machine_line=_line(facts, photograph, code),
    )
    return _drawn(facts.case, asked)


def photographs(case: SourceCase) -> int:
    """How many it has. Raises `ProblemError` evidence-unsigned."""
    return len(_signed(case)[0].photos)


class _Drawn:
    """Tiles of one case."""

    def __init__(self, facts: CaseFacts, pictures: Pictures, words: Words) -> None:
        self._facts, self._pictures, self._words = facts, pictures, words

    def picture(self, photograph: Photograph) -> bytes:
        """Its bytes."""
        found = self._pictures(photograph.blob.sha256)
        if found is None:
            raise ProblemError("evidence-picture-missing", case=self._facts.case, sha256=photograph.blob.sha256)
        return found

    def scene(self, number: int, photograph: Photograph) -> Tile:
        """A panorama with its instant and the beginning of its hash."""
        caption = self._words.say("sheet-scene", number=number, at=stamp(photograph.taken_at))
        return Tile(picture=self.picture(photograph), caption=caption, note=photograph.blob.sha256[:_HASH_SHOWN])

    def closeups(self) -> tuple[Tile, ...]:
        """The newest of the vehicle and of the plate; an empty place says why there is no plate."""
        newest = {one.view: one for one in sorted(self._facts.photographs, key=lambda one: one.taken_at)}
        tiles = []
        if vehicle := newest.get("vehicle"):
            tiles.append(Tile(picture=self.picture(vehicle), caption=self._words.say("sheet-vehicle")))
        if plate := newest.get("plate"):
            tiles.append(Tile(picture=self.picture(plate), caption=self._words.say("sheet-plate")))
        else:
            why = self._words.plate(self._facts.no_plate or "unsaid")
            tiles.append(Tile(caption=self._words.say("sheet-no-plate", why=why)))
        return tuple(tiles)


def _signed(case: SourceCase) -> tuple[CaseManifest, str, str]:
    """What was signed: a sheet of anything else would look as true."""
    try:
        signed, manifest = read_manifest(case.token.encode("ascii", "replace"))
    except SignatureFault as wrong:
        raise ProblemError("evidence-unsigned", case=case.case, reason=str(wrong)) from wrong
    return manifest, signed.kid, forgery_code(signed.token)


def _numbered(scenes: list[Photograph]) -> list[tuple[int, Photograph]]:
    """All of them, or the first and the newest where there are more than a sheet holds."""
    numbered = list(enumerate(scenes, 1))
    return numbered if len(numbered) <= MOST_TILES else [numbered[0], *numbered[1 - MOST_TILES :]]


def _line(facts: CaseFacts, photograph: Photograph, code: str) -> str:
    return machine_line(facts.case, photograph.taken_at, photograph.blob.sha256, code)


def _drawn(case: str, asked: SheetAsked | OverlayAsked) -> bytes:
    command = [sys.executable, "-P", "-m", _DRAWER]
    try:
        done = subprocess.run(
            command, input=asked.model_dump_json().encode(), capture_output=True, timeout=_WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired as wrong:
        raise ProblemError("evidence-sheet-failed", case=case, reason=f"not done in {_WITHIN_S:.0f} s") from wrong
    said = done.stderr.decode(errors="replace").strip().splitlines()
    if any("No module named" in line for line in said):
        raise ProblemError("evidence-sheet-needs-vision", reason=said[-1])
    if done.returncode:
        reason = said[-1] if done.returncode == CANNOT_DRAW and said else f"the drawer ended with {done.returncode}"
        raise ProblemError("evidence-sheet-failed", case=case, reason=reason)
    return done.stdout
