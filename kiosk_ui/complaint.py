# SPDX-License-Identifier: Apache-2.0
"""How the screen's programme tells staff what is wrong: in the log, since citizens need not read it."""

import sys

from edge.contract.problems import Language, Problem, explain


def complain(problem: Problem, language: Language) -> None:
    """Write meaning, cause and next step to the error output, which systemd keeps."""
    words = explain(problem, language)
    sys.stderr.write(f"kiosk-ui: [{problem.code}] {words.meaning} {words.cause}\n  → {words.next}\n")
