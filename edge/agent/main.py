# SPDX-License-Identifier: Apache-2.0
"""`edge-agent`: parsing only. Each verb lives in its own module of `edge.agent.verbs` and is loaded when it is called.

A verb module has `arguments(parser)` and `run(args) -> exit code`.
Exit codes: 0 done, 1 a problem was found, 2 wrong use, 3 cannot reach, 130 interrupted.
"""

import argparse
import os
import sys
from importlib import import_module

from edge.agent.complaint import complain
from edge.agent.release import __version__
from edge.contract.problems import ProblemError

VERBS = {
    "run": "run the agent of this device",
    "check": "check a configuration without running it",
    "config": "show the configuration, and where each value came from",
    "status": "ask the running agent how it is",
    "outbox": "show what waits for the hub, lane by lane, and how fast it drains",
    "export": "write what waits for the hub to a USB stick, sealed and signed",
    "emit": "hand events to the outbox: JSON lines in, ids out",
    "replay": "run the vision path over a recording, without a hub",
    "contract": "print the wire contract as JSON Schema or AsyncAPI",
}
EXIT_PROBLEM = 1
EXIT_INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    words = sys.argv[1:] if argv is None else argv
    parser = _parser(words[0] if words else "")
    args = parser.parse_args(words)
    if args.verb is None:
        parser.print_help()
        return 0
    try:
        return int(args.run(args))
    except ProblemError as failed:
        complain(failed.problem)
        return EXIT_PROBLEM
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PROBLEM


def _parser(wanted: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="edge-agent",
        description="The Dongtou Edge agent: sees, keeps every fact until the hub has it, and delivers it once.",
        epilog="Run `edge-agent VERB --help` for one verb.",
    )
    parser.add_argument("--version", action="version", version=f"edge-agent {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    for name, summary in VERBS.items():
        verb = verbs.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name == wanted:
            module = import_module(f"edge.agent.verbs.{name}")
            module.arguments(verb)
            verb.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
