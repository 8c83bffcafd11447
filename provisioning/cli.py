# SPDX-License-Identifier: Apache-2.0
"""`provision`: parsing only. Each command is loaded when it is called.

Exit codes: 0 ok, 1 a problem was found, 2 wrong use, 3 cannot reach, 130 interrupted.
"""

import os
import signal
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from cyclopts import App, CycloptsError, Parameter

from edge.contract.problems import ProblemError
from provisioning.console import Terminal

OK, PROBLEM, WRONG_USE, CANNOT_REACH, INTERRUPTED = 0, 1, 2, 3, 130
_UNREACHABLE: Final = frozenset({"agent-unreachable", "demo-no-pictures"})
"""Problems that end with exit code 3, so that a script may simply try again."""


def application(terminal: Terminal) -> App:
    """Every command by its import path."""
    app = App(
        name="provision",
        help=terminal.words("provision.about"),
        help_epilogue=terminal.words("provision.epilogue"),
        version_flags=["--version"],
        default_parameter=Parameter(negative=()),
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )
    for name in ("bench", "demo"):
        app.command(f"provisioning.commands.{name}:{name}", name=name, help=terminal.words(f"provision.{name}"))
    models = App(name="models", help=terminal.words("provision.models"))
    for name, function in (("add", "add"), ("list", "list_models")):
        help_ = terminal.words(f"provision.models-{name}")
        models.command(f"provisioning.commands.models:{function}", name=name, help=help_)
    app.command(models)
    return app


def run(words: Sequence[str]) -> int:
    """Carry out one command line; its exit code."""
    terminal = Terminal()
    try:
        answer = application(terminal)(list(words), exit_on_error=False, print_error=True)
    except CycloptsError:
        return WRONG_USE
    except ProblemError as wrong:
        terminal.problem(wrong.problem)
        return CANNOT_REACH if wrong.problem.code in _UNREACHABLE else PROBLEM
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has left; nothing may be flushed to them at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PROBLEM
    return answer if isinstance(answer, int) else OK


def main() -> NoReturn:
    """The console script."""
    # Ended by a service or a script, we leave as tidily as by Ctrl-C: nothing stays running.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
