# SPDX-License-Identifier: Apache-2.0
"""`edge-agent check`: could this device run as it is configured? Exit 0 if it could, 1 if something is wrong."""

import argparse
import json
import os
import sys

from edge.agent.arguments import add_config, add_json
from edge.agent.readiness import Finding, findings
from edge.agent.terminal import Marks, marks_for, never_fail
from edge.contract.phrases import phrase, preferred_language
from edge.contract.problems import Language, explain


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may be said to the verb."""
    add_config(parser)
    add_json(parser, "all findings")


def run(args: argparse.Namespace) -> int:
    """Print every finding as it is made, or all of them as one list."""
    language = preferred_language(dict(os.environ))
    found = []
    never_fail(sys.stdout)
    marks = marks_for(sys.stdout, os.environ)
    for finding in findings(args.config, os.environ):
        found.append(finding)
        if not args.json:
            print(told(finding, language, marks), flush=True)  # noqa: T201  # findings are the verb's product
    if args.json:
        json.dump([record(finding, language) for finding in found], sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
    return int(any(finding.problem for finding in found))


def told(finding: Finding, language: Language, marks: Marks) -> str:
    """A finding for a person: a mark and what was looked at, and for a bad one what is wrong and what to do."""
    title = phrase(f"check.{finding.check}", language, subject=finding.subject)
    if finding.problem is None:
        return f"{marks.good} {title}"
    words = explain(finding.problem, language)
    advice = f"{marks.arrow} {words.next}  [{finding.problem.code}]"
    return f"{marks.bad} {title}\n  {words.meaning}\n  {words.cause}\n  {advice}"


def record(finding: Finding, language: Language) -> dict[str, object]:
    """A finding for a program; the words come along so that a page can show them."""
    problem = finding.problem
    return {
        "check": finding.check,
        "subject": finding.subject,
        "ok": problem is None,
        "problem": problem and {**problem.model_dump(mode="json"), **explain(problem, language).model_dump()},
    }
