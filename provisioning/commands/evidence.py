# SPDX-License-Identifier: Apache-2.0
"""`provision evidence`: pack a case for whoever decides, check a package, draw its sheet, look for gaps in chains."""

import json as jsons
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from edge.contract.evidence_rules import Outcome
from edge.contract.problems import ProblemError
from edge.identity.device_key import DeviceKey
from provisioning.console import Terminal
from provisioning.evidence.chains import as_json as chains_json
from provisioning.evidence.chains import chains_of
from provisioning.evidence.delivered import Delivered, write
from provisioning.evidence.report import Report, Verdict, as_json
from provisioning.evidence.source import SourceCase, cases
from provisioning.evidence.verify import verify as checked
from provisioning.evidence.words import Words

_PROBLEM: Final = 1
_LARGEST: Final = 512 << 20
"""Twenty photographs of the largest cameras are a tenth of it."""
Files = dict[str, bytes]
"""What comes of a case, by how its file's name ends."""
_MARKS: Final = {"holds": "✓", "fails": "✗", "not-checked": "–"}
_OUTCOMES: Final = {Outcome.MET: "✓", Outcome.BELOW: "!", Outcome.NOT_MET: "✗", Outcome.UNKNOWN: "?"}
_TOLD: Final = 5
"""Of a file that was cut off every photograph is wrong in two ways: so many problems are told, `--json` tells all."""


def pack(source: Path, *, case: str | None = None, out: Path = Path(), json: bool = False) -> int:
    """Pack every case of a hub's folder or a replay's events, each into a file of its own."""
    from provisioning.evidence.package import packed  # noqa: PLC0415  each command loads what it needs

    return _each(source, case, out, lambda one: {".zip": packed(one.case, one.token, one.pictures)}, json=json)


def sheet(
    source: Path, *, case: str | None = None, out: Path = Path(), copies: bool = False, json: bool = False
) -> int:
    """Draw the composite sheet of every case of a hub's folder, a replay's events or a package."""
    from provisioning.evidence import sheet as draw  # noqa: PLC0415  each command loads what it needs

    language = Terminal().language

    def drawn(one: SourceCase) -> Files:
        files = {".jpg": draw.sheet(one, language=language)}
        count = draw.photographs(one) if copies else 0
        return files | {f"-{number:02}.jpg": draw.overlay(one, number, language) for number in range(1, count + 1)}

    return _each(source, case, out, drawn, json=json)


def verify(
    file: Path, *, key: Path | None = None, pdf: Path | None = None, strict: bool = False, json: bool = False
) -> int:
    """Check a package: that nothing in it was changed since the device signed it, and that it can be evidence.

    The exit code tells of changes; that an unchanged case falls short of the rules is told, and counts with `strict`.
    """
    terminal = Terminal()
    report = checked(_read(file), DeviceKey.load(key) if key else None)
    if pdf is not None:
        _print(report, file, pdf)
    if json:
        terminal.data(jsons.dumps({"file": str(file), **as_json(report)}, ensure_ascii=False))
    else:
        _tell(terminal, report, pdf)
    failed = report.verdict is Verdict.CHANGED or (strict and report.verdict is not Verdict.WHOLE)
    return _PROBLEM if failed else 0


def chain(source: Path, *, json: bool = False) -> int:
    """Look for cases that are missing from, broken in or put into the devices' chains of evidence."""
    terminal = Terminal()
    with cases(source) as found:
        chains = chains_of(found)
    if json:
        terminal.data(jsons.dumps(chains_json(chains), ensure_ascii=False))
        return _PROBLEM if chains.problems else 0
    for one in chains.chains:
        key = "evidence.chain-faulty" if one.faults else "evidence.chain-whole"
        facts = {"device": one.device, "epoch": one.epoch, "count": one.count, "last": one.last}
        terminal.data(terminal.words(key, **facts, faults=len(one.faults)))
    if chains.unchained:
        terminal.data(terminal.words("evidence.chain-unchained", count=len(chains.unchained)))
    if not chains.chains and not chains.unchained:
        terminal.say("evidence.chain-none")
    for problem in chains.problems:
        terminal.problem(problem)
    return _PROBLEM if chains.problems else 0


def _each(source: Path, case: str | None, out: Path, made: Callable[[SourceCase], Files], *, json: bool) -> int:
    """Do it for one case, or for all; one that cannot be done is told of and does not stop the others."""
    terminal, failed = Terminal(), False
    with cases(source) as found:
        chosen = [one for one in found if case in {None, one.case}]
        if case is not None and not chosen:
            raise ProblemError("evidence-no-case", case=case, path=str(source))
        for one in chosen:
            try:
                for suffix, content in made(one).items():
                    _told(terminal, write(out, one.case, suffix, content), json=json)
            except ProblemError as wrong:
                if case is not None:
                    raise
                terminal.problem(wrong.problem)
                failed = True
    if not chosen:
        terminal.say("evidence.chain-none")
    return _PROBLEM if failed else 0


def _told(terminal: Terminal, done: Delivered, *, json: bool) -> None:
    if json:
        facts = {"path": str(done.path), "size": done.size, "sha256": done.sha256, "case": done.case}
        terminal.data(jsons.dumps(facts, ensure_ascii=False))
    else:
        terminal.data(terminal.words("evidence.packed", path=done.path, size=f"{done.size:,}", sha256=done.sha256))


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > _LARGEST:
            raise ProblemError("evidence-unreadable", path=str(file), reason=f"larger than {_LARGEST >> 20} MiB")
        return file.read_bytes()
    except OSError as wrong:
        raise ProblemError("evidence-unreadable", path=str(file), reason=wrong.strerror or str(wrong)) from wrong


def _print(report: Report, file: Path, pdf: Path) -> None:
    from provisioning.evidence.pdf import About, report_pdf  # noqa: PLC0415  only a report on paper needs reportlab

    about = About(file.name, datetime.now(UTC), f"provision {version('dongtou-edge')}")
    try:
        pdf.write_bytes(report_pdf(report, about))
    except OSError as wrong:
        raise ProblemError("evidence-unwritten", path=str(pdf), reason=wrong.strerror or str(wrong)) from wrong


def _tell(terminal: Terminal, report: Report, pdf: Path | None) -> None:
    words = Words(terminal.language)
    for check in report.checks:
        state = words.say(f"state-{check.state.value}")
        terminal.data(f"  {_MARKS[check.state.value]} {words.say(f'part-{check.part.value}')} · {state}")
    for finding in report.findings:
        mark, outcome = _OUTCOMES[finding.outcome], words.say(f"outcome-{finding.outcome.value}")
        terminal.data(f"  {mark} {words.rule(finding)} · {outcome}")
    if report.facts is not None:
        terminal.data(words.say("case", case=report.facts.case, code=report.code))
        terminal.data(words.say("key", kid=report.kid))
        terminal.data(words.say(report.signer_said))
    if pdf is not None:
        terminal.data(words.say("pdf", path=pdf))
    terminal.data(words.say(f"verdict-{report.verdict.value}"))
    for problem in report.problems[:_TOLD]:
        terminal.problem(problem)
    if len(report.problems) > _TOLD:
        terminal.say("evidence.pdf-more", count=len(report.problems) - _TOLD)
