# SPDX-License-Identifier: Apache-2.0
"""`kiosk-ui`: the citizen's screen as a programme. Qt is imported only at the last moment, to explain its absence."""

import argparse
import os
import sys
from collections.abc import Sequence

from edge.contract.problems import Language, Problem
from kiosk_ui.complaint import complain

SOCKET = "/var/lib/dongtou-edge/agent.sock"
"""Where the agent listens on an installed device."""

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
"""Whoever starts the screen tells Qt by one of these where to draw."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Show the screen until it is closed; the exit status, 1 when it cannot be shown."""
    options = _options(arguments)
    try:
        from kiosk_ui.show import show  # noqa: PLC0415 - the reason is in this module's docstring
    except ImportError as failure:
        complain(_why_no_qt(failure), options.language)
        return 1
    if not any(os.environ.get(name) for name in DISPLAYS):
        # Qt would abort the process with words of its own.
        complain(Problem(code="screen-no-display"), options.language)
        return 1
    return show(options.socket, options.language, windowed=options.windowed)


def _why_no_qt(failure: ImportError) -> Problem:
    if isinstance(failure, ModuleNotFoundError):
        return Problem(code="screen-qt-missing")
    return Problem(code="screen-qt-broken", detail={"reason": str(failure)})


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kiosk-ui", description="The screen of a citizen's self-service terminal.")
    parser.add_argument("--socket", default=SOCKET, help="the agent's Unix socket (default: %(default)s)")
    parser.add_argument(
        "--language",
        type=Language,
        choices=tuple(Language),
        default=Language.ZH,
        metavar="{zh,en}",
        help="what citizens read first (default: zh)",
    )
    parser.add_argument("--windowed", action="store_true", help="in a window, for looking at it on a desk")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
