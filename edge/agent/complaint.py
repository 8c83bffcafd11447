# SPDX-License-Identifier: Apache-2.0
"""How a verb says that something is wrong: what, why, and the next step, in the language of the terminal."""

import os
import sys

from edge.agent.terminal import Marks, marks_for, never_fail
from edge.contract.phrases import preferred_language
from edge.contract.problems import Language, Problem, explain


def complain(problem: Problem) -> None:
    """Tell a person, on stderr."""
    words = explain(problem, preferred_language(dict(os.environ)))
    never_fail(sys.stderr)
    arrow = marks_for(sys.stderr, os.environ).arrow
    sys.stderr.write(f"edge-agent: {words.meaning}\n  {words.cause}\n  {arrow} {words.next}  [{problem.code}]\n")


def in_short(problem: Problem, language: Language, marks: Marks) -> str:
    """What and the next step, as two lines of a page on how things stand."""
    words = explain(problem, language)
    return f"{marks.bad} {words.meaning}\n  {marks.arrow} {words.next}  [{problem.code}]"
