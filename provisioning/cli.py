# SPDX-License-Identifier: Apache-2.0
"""`provision`: parsing only. Each command is loaded when it is called.

Exit codes: 0 ok, 1 a problem was found, 2 wrong use, 3 cannot reach, 130 interrupted.
"""

import os
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Final, NoReturn

from cyclopts import App, CycloptsError, Parameter
from cyclopts.help import DefaultFormatter, HelpEntry, HelpPanel
from pydantic import JsonValue
from rich.console import Console, ConsoleOptions

from edge.contract.problems import Problem, ProblemError
from provisioning.console import Terminal

OK, PROBLEM, WRONG_USE, CANNOT_REACH, INTERRUPTED = 0, 1, 2, 3, 130
_UNREACHABLE: Final = frozenset({"agent-unreachable", "broker-unreachable", "demo-no-pictures", "import-unconfirmed"})
"""Problems that end with exit code 3, so that a script may simply try again."""


class HelpInWords:
    """Cyclopts' help panels in the terminal's language; what the catalogue does not hold stays as the code has it."""

    def __init__(self, terminal: Terminal, command: str) -> None:
        """Options of `command` are the catalogue's `options.{command}--{option}`, or `options.every--{option}`."""
        self._titles = terminal.all_words("provision")
        self._words = terminal.all_words("options")
        self._command = command

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        """Print one panel."""
        entries = [entry.copy(description=self._told(entry)) for entry in panel.entries]
        title = self._titles[f"panel-{panel.format}"]
        DefaultFormatter()(console, options, panel.copy(title=title, entries=entries))

    def _told(self, entry: HelpEntry) -> object:
        keys = [f"{start}{name}" for name in entry.names for start in (self._command, "every")]
        return next((self._words[key] for key in keys if key in self._words), entry.description)


def application(terminal: Terminal) -> App:
    """Every command by its import path."""
    app = App(
        name="provision",
        help=terminal.words("provision.about"),
        help_epilogue=terminal.words("provision.epilogue"),
        help_formatter=HelpInWords(terminal, "provision"),
        # Left to itself, cyclopts asks for a package called like this module, and there is none.
        version=lambda: f"provision {version('dongtou-edge')}",
        version_flags=["--version"],
        default_parameter=Parameter(negative=()),
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )
    for name in ("bench", "demo", "fleet-sim"):
        module = name.replace("-", "_")
        _add(app, terminal, name, f"provisioning.commands.{module}:{module}")
    _add(app, terminal, "import", "provisioning.commands.import_:import_")
    _add(app, terminal, "hub-key", "provisioning.commands.hub_key:hub_key")
    models = App(name="models", help=terminal.words("provision.models"))
    for name, function in (("add", "add"), ("fetch", "fetch"), ("list", "list_models")):
        _add(models, terminal, name, f"provisioning.commands.models:{function}", key=f"models-{name}")
    app.command(models)
    evidence = App(name="evidence", help=terminal.words("provision.evidence"))
    for name in ("pack", "verify", "sheet", "chain"):
        _add(evidence, terminal, name, f"provisioning.commands.evidence:{name}", key=f"evidence-{name}")
    app.command(evidence)
    return app


def _add(app: App, terminal: Terminal, name: str, path: str, key: str = "") -> None:
    """`key` is the command's in the catalogue, where that is not its name."""
    key = key or name
    told = terminal.words(f"provision.{key}")
    app.command(path, name=name, help=told, help_formatter=HelpInWords(terminal, key))


def run(words: Sequence[str]) -> int:
    """Carry out one command line; its exit code."""
    terminal = Terminal()
    try:
        answer = application(terminal)(list(words), exit_on_error=False, print_error=False)
    except CycloptsError as wrong:
        command = " ".join(("provision", *(wrong.command_chain or ())))
        detail: dict[str, JsonValue] = {"reason": str(wrong), "command": command}
        terminal.problem(Problem(code="command-line-wrong", detail=detail))
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
