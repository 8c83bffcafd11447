# SPDX-License-Identifier: Apache-2.0
"""How a verb says on stderr that something is wrong: what, why, and the next step, in the language of the terminal."""

import os
import sys

from edge.agent.terminal import marks_for, never_fail
from edge.contract.phrases import preferred_language
from edge.contract.problems import Problem, explain


def complain(problem: Problem) -> None:
    """Tell a person."""
    words = explain(problem, preferred_language(dict(os.environ)))
    never_fail(sys.stderr)
    arrow = marks_for(sys.stderr, os.environ).arrow
    sys.stderr.write(f"edge-agent: {words.meaning}\n  {words.cause}\n  {arrow} {words.next}  [{problem.code}]\n")
