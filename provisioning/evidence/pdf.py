# SPDX-License-Identifier: Apache-2.0
"""The report of a check as one page of PDF, in Chinese and English, that a court can read without us."""

import io
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from edge.contract.evidence_rules import Outcome
from edge.contract.instants import stamp
from edge.contract.problems import Language, Problem, explain
from edge.contract.sheets import EMPTY, GOLD, INK, LINE, NAVY, SOFT
from provisioning.evidence.ink import FIXED, LATIN_BOLD, Colour, Ink
from provisioning.evidence.report import Part, Report, Shown, State, Verdict
from provisioning.evidence.words import Words

_WIDE, _TALL = A4
_MARGIN: Final = 40.0
_INNER: Final = _WIDE - 2 * _MARGIN
_NAVY, _INK, _SOFT, _RULE, _EMPTY, _GOLD = (
    (red / 255, green / 255, blue / 255) for red, green, blue in (NAVY, INK, SOFT, LINE, EMPTY, GOLD)
)
_WHITE: Final[Colour] = (1, 1, 1)
_GOOD: Final[Colour] = (0.07, 0.45, 0.25)
_FAIR: Final[Colour] = (0.66, 0.42, 0.02)
_BAD: Final[Colour] = (0.72, 0.11, 0.11)
_VERDICTS: Final = {Verdict.WHOLE: _GOOD, Verdict.NOT_EVIDENCE: _FAIR, Verdict.CHANGED: _BAD}
_STATES: Final = {State.HOLDS: _GOOD, State.FAILS: _BAD, State.NOT_CHECKED: _FAIR}
_OUTCOMES: Final = {
    Outcome.MET: _GOOD, Outcome.BELOW: _FAIR, Outcome.UNKNOWN: _FAIR, Outcome.NOT_MET: _BAD,
}  # fmt: skip
_PICTURES: Final = 5
_HASHES, _FEWEST_HASHES = 9, 3
_BELOW: Final = 330.0
"""What checks, rules and foot need below the photographs."""
_PROBLEMS: Final = 4
_LINES: Final = 3
_BELOW_PROBLEMS: Final = _MARGIN + 56.0
"""Here the lines for the reviewer begin, and above them stands how many problems more there are."""
ZH, EN = Words(Language.ZH), Words(Language.EN)


@dataclass(frozen=True, slots=True)
class About:
    """Who checked which file, when, with what."""

    file: str
    at: datetime
    checker: str


def report_pdf(report: Report, about: About) -> bytes:
    """One page of A4. The same report and circumstances give the same bytes."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=1)
    canvas.setTitle(f"{ZH.say('pdf-title')} {EN.say('pdf-title')}")
    canvas.setSubject(about.file)
    _Page(canvas, report, about).draw()
    canvas.showPage()
    canvas.save()
    return file.getvalue()


class _Page:
    """Draws from the top down; `y` is where the next thing begins."""

    def __init__(self, canvas: Canvas, report: Report, about: About) -> None:
        self.canvas, self.report, self.about = canvas, report, about
        self.ink = Ink(canvas)
        self.y = _TALL

    def draw(self) -> None:
        self._head()
        self._verdict()
        self._file()
        if self.report.facts is not None:
            self._facts()
            self._photographs()
        self._checks()
        self._rules()
        self._problems()
        self._foot()

    def _head(self) -> None:
        tall = 58
        self._box((0, _TALL - tall, _WIDE, tall), _NAVY)
        end = self.ink.line((_MARGIN, _TALL - 31), ZH.say("pdf-title"), 18, _WHITE)
        self.ink.line((end + 10, _TALL - 31), EN.say("pdf-title"), 11, _WHITE)
        self.ink.line((_MARGIN, _TALL - 47), f"{ZH.say('for-review')}  {EN.say('for-review')}", 8, _GOLD)
        if self.report.code:
            self.ink.right((_WIDE - _MARGIN, _TALL - 31), self.report.code, 12, _GOLD, LATIN_BOLD)
            label = f"{ZH.say('pdf-code')} {EN.say('pdf-code')}"
            self.ink.right((_WIDE - _MARGIN, _TALL - 47), label, 7.5, _WHITE)
        self.y = _TALL - tall - 12

    def _verdict(self) -> None:
        verdict, tall = self.report.verdict, 42
        colour = _VERDICTS[verdict]
        self._box((_MARGIN, self.y - tall, _INNER, tall), _EMPTY)
        self._box((_MARGIN, self.y - tall, 5, tall), colour)
        self.ink.line((_MARGIN + 16, self.y - 18), ZH.say(f"verdict-{verdict.value}"), 13, colour)
        self.ink.line((_MARGIN + 16, self.y - 33), EN.say(f"verdict-{verdict.value}"), 9.5, colour, LATIN_BOLD)
        self.y -= tall + 14

    def _file(self) -> None:
        known = self.report.signer_said
        rows = [
            ("pdf-file", f"{self.about.file}   {self.report.size:,} B", None),
            ("pdf-sha256", self.report.sha256, FIXED),
            ("pdf-checked", f"{stamp(self.about.at, 'seconds')}   {self.about.checker}", None),
        ]
        if self.report.kid:
            rows.append(("pdf-key", self.report.kid, FIXED))
        for key, value, font in rows:
            self._labelled(key, value, font)
        if self.report.kid:
            colour = _GOOD if self.report.signer_checked else _FAIR
            for words in (ZH, EN):
                self.ink.line((_MARGIN + 108, self.y), words.say(known), 7.5, colour)
                self.y -= 10.5
        self.y -= 1

    def _labelled(self, key: str, value: str, font: str | None) -> None:
        self.ink.line((_MARGIN, self.y), f"{ZH.say(key)} {EN.say(key)}", 8, _SOFT)
        if font:
            self.ink.line((_MARGIN + 108, self.y), value, 7.6, _INK, font)
        else:
            self.ink.line((_MARGIN + 108, self.y), self.ink.broken(value, _INNER - 108, 8.5, 1)[0], 8.5, _INK)
        self.y -= 12.5

    def _facts(self) -> None:
        facts = self.report.facts
        assert facts is not None  # noqa: S101  (who calls has seen to it)
        self._title("pdf-facts")
        chinese, english = ZH.facts(facts, self.report.link), EN.facts(facts, self.report.link)
        half, column = (len(chinese) + 1) // 2, (_INNER - 16) / 2
        top, lowest = self.y, self.y
        for number, ((label, value), (name, _)) in enumerate(zip(chinese, english, strict=True)):
            if number == half:
                self.y = top
            left = _MARGIN + (column + 16) * (number >= half)
            end = self.ink.line((left, self.y), label, 8, _SOFT)
            self.ink.line((end + 3, self.y), name, 6.5, _SOFT)
            for line in self.ink.broken(value, column - 78, 8.5, 2):
                self.ink.line((left + 78, self.y), line, 8.5, _INK)
                self.y -= 11
            self.y -= 2
            lowest = min(lowest, self.y)
        self.y = lowest - 3

    def _photographs(self) -> None:
        self._title("pdf-photographs")
        shown = _chosen(self.report.shown)
        gap = 8.0
        wide = (_INNER - gap * (_PICTURES - 1)) / _PICTURES
        tall = wide * 9 / 16
        changed = self._changed()
        for number, one in enumerate(shown):
            left = _MARGIN + number * (wide + gap)
            self._picture(one, (left, self.y - tall + 8, wide, tall), changed=one.name in changed)
            pixels = f"{one.pixels.width} × {one.pixels.height}" if one.pixels else "–"
            name = one.name.partition("/")[2].removesuffix(".jpg")
            self.ink.line((left, self.y - tall - 1), f"{name}  {pixels}", 6.5, _SOFT)
        self.y -= tall + 12
        taken = [one.taken_at for one in self.report.facts.photographs] if self.report.facts else []
        most = max(_FEWEST_HASHES, min(_HASHES, int((self.y - _BELOW) / 8.8)))
        for one, at in list(zip(self.report.shown, taken, strict=True))[:most]:
            self.ink.line((_MARGIN, self.y), one.name.partition("/")[2], 6.6, _INK)
            self.ink.line((_MARGIN + 88, self.y), stamp(at), 6.6, _INK)
            colour = _BAD if one.name in changed else _INK
            self.ink.right((_WIDE - _MARGIN, self.y), one.sha256 if one.content else "–", 6.6, colour, FIXED)
            self.y -= 8.8
        more = len(self.report.shown) - most
        if more > 0:
            self.ink.line(
                (_MARGIN, self.y), f"{ZH.say('pdf-more', count=more)}  {EN.say('pdf-more', count=more)}", 6.6, _SOFT
            )
            self.y -= 8.8
        self.y -= 4

    def _picture(self, one: Shown, within: tuple[float, float, float, float], *, changed: bool) -> None:
        left, low, wide, tall = within
        self._box(within, _EMPTY)
        if one.pixels is not None and not one.flaw:
            fit = min(wide / one.pixels.width, tall / one.pixels.height)
            size = (one.pixels.width * fit, one.pixels.height * fit)
            at = (left + (wide - size[0]) / 2, low + (tall - size[1]) / 2)
            self._embedded(one, (*at, *size))
        if changed:
            self.canvas.setStrokeColorRGB(*_BAD)
            self.canvas.setLineWidth(1.5)
            self.canvas.rect(left, low, wide, tall)
            key = "pdf-altered" if one.content else "pdf-missing"
            text = f"{ZH.say(key)} {EN.say(key)}"
            self._box((left, low, self.ink.width(text, 8, LATIN_BOLD) + 10, 14), _BAD)
            self.ink.line((left + 5, low + 4), text, 8, _WHITE, LATIN_BOLD)

    def _embedded(self, one: Shown, within: tuple[float, float, float, float]) -> None:
        """As it is, unless the library cannot read it: then its place stays empty, and the checks say why."""
        try:
            picture = ImageReader(io.BytesIO(one.content))
        except (OSError, ValueError):
            return
        self.canvas.drawImage(picture, *within)

    def _checks(self) -> None:
        self._title("pdf-checks")
        for check in self.report.checks:
            state = f"state-{check.state.value}"
            self._row(f"part-{check.part.value}", {}, (state, _STATES[check.state]))

    def _rules(self) -> None:
        if not self.report.findings:
            return
        self._title("pdf-rules")
        for finding in self.report.findings:
            outcome = f"outcome-{finding.outcome.value}"
            self._line_of(ZH.rule(finding), EN.rule(finding), (outcome, _OUTCOMES[finding.outcome]))

    def _row(self, key: str, facts: dict[str, object], state: tuple[str, Colour]) -> None:
        self._line_of(ZH.say(key, **facts), EN.say(key, **facts), state)

    def _line_of(self, chinese: str, english: str, state: tuple[str, Colour]) -> None:
        """Chinese and English on one line, the outcome at its end."""
        key, colour = state
        end = self.ink.line((_MARGIN, self.y), chinese, 8.2, _INK)
        room = _WIDE - _MARGIN - 96 - end - 8
        self.ink.line((end + 8, self.y), self.ink.broken(english, room, 6.8, 1)[0], 6.8, _SOFT)
        self.ink.right((_WIDE - _MARGIN, self.y), f"{ZH.say(key)} {EN.say(key)}", 8, colour, LATIN_BOLD)
        self.canvas.setStrokeColorRGB(*_RULE)
        self.canvas.setLineWidth(0.4)
        self.canvas.line(_MARGIN, self.y - 3.6, _WIDE - _MARGIN, self.y - 3.6)
        self.y -= 12.6

    def _problems(self) -> None:
        problems = self.report.problems
        if not problems:
            return
        self._title("pdf-problems")
        told = 0
        while told < min(_PROBLEMS, len(problems)) and self._told(problems[told]):
            told += 1
        if told < len(problems) and self.y > _BELOW_PROBLEMS - 4:
            rest = {"count": len(problems) - told}
            line = f"{ZH.say('pdf-more', **rest)}  {EN.say('pdf-more', **rest)}"
            self.ink.line((_MARGIN, self.y), line, 7, _SOFT)

    def _told(self, problem: Problem) -> bool:
        """Print what is wrong and what to do, if there is room for all of it."""
        lines = []
        for language, size, colour in ((Language.ZH, 8.2, _BAD), (Language.EN, 7, _SOFT)):
            words = explain(problem, language)
            text = self.ink.broken(f"{words.meaning}  → {words.next}", _INNER, size, _LINES)
            lines += [(line, size, colour) for line in text]
        if self.y - sum(size + 2.4 for _, size, _ in lines) < _BELOW_PROBLEMS:
            return False
        for line, size, colour in lines:
            self.ink.line((_MARGIN, self.y), line, size, colour)
            self.y -= size + 2.4
        self.y -= 3
        return True

    def _foot(self) -> None:
        self.canvas.setStrokeColorRGB(*_RULE)
        self.canvas.setLineWidth(0.6)
        self.canvas.line(_MARGIN, _MARGIN + 18, _WIDE - _MARGIN, _MARGIN + 18)
        for key, left in (("pdf-reviewer", _MARGIN), ("pdf-date", _WIDE - _MARGIN - 190)):
            end = self.ink.line((left, _MARGIN + 26), f"{ZH.say(key)} {EN.say(key)}", 8, _SOFT)
            self.canvas.line(end + 6, _MARGIN + 24, left + (190 if left > _MARGIN else 280), _MARGIN + 24)
        for number, words in enumerate((ZH, EN)):
            text = self.ink.broken(words.say("pdf-foot"), _INNER, 7, 1)[0]
            self.ink.line((_MARGIN, _MARGIN + 6 - 10 * number), text, 7, _SOFT)

    def _title(self, key: str) -> None:
        self.y -= 6
        end = self.ink.line((_MARGIN, self.y), ZH.say(key), 10, _NAVY)
        self.ink.line((end + 6, self.y), EN.say(key), 8, _NAVY, LATIN_BOLD)
        self.y -= 14

    def _box(self, within: tuple[float, float, float, float], colour: Colour) -> None:
        self.canvas.setFillColorRGB(*colour)
        self.canvas.rect(*within, stroke=0, fill=1)

    def _changed(self) -> frozenset[str]:
        checks = (check for check in self.report.checks if check.part is Part.PHOTOGRAPHS)
        return frozenset(str(problem.detail["name"]) for check in checks for problem in check.problems)


def _chosen(shown: tuple[Shown, ...]) -> tuple[Shown, ...]:
    """The first ones and the last, where there are more than fit: close-ups come at the end."""
    if len(shown) <= _PICTURES:
        return shown
    return (*shown[:2], *shown[2 - _PICTURES :])
