# SPDX-License-Identifier: Apache-2.0
"""`edge-agent emit`: other programs' events into the outbox. JSON lines on stdin; one line back for each, in order.

Whoever has read the id may forget the event. Every line travels with a key, its own or one made here, so that a line
whose answer was lost with the agent can be asked again without being stored twice.
"""

import argparse
import os
import sys
import threading
from typing import TextIO

from edge.agent.arguments import add_config
from edge.agent.complaint import complain
from edge.agent.emitter import Emitter, Unconfirmed
from edge.config.load import load_config
from edge.contract.local import Emitted
from edge.contract.problems import Problem
from edge.durable.quota import Quota

EXIT_CANNOT_REACH = 3


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.description = (
        "Hand events to the outbox: one JSON object a line on stdin, one answer a line on stdout, in order. An answer "
        "with an id means that the event is on disk. Works with the agent running or stopped."
    )
    parser.epilog = (
        'Example: echo \'{"type": "sewage.level.v1", "lane": "state", "subject": "pit-7", "data": {"cm": 41}}\' '
        "| edge-agent emit --config device.toml"
    )
    add_config(parser)
    parser.add_argument(
        "--wait", metavar="SECONDS", type=float, default=30.0, help="how long to wait for an agent that went away (30)"
    )


def run(args: argparse.Namespace) -> int:
    """Exit 0 if every event is durable, 1 if some were refused, 3 if some were not confirmed."""
    store = load_config(args.config, os.environ).config.store
    emitter = Emitter(store.socket_path, store.folder, args.wait, Quota.of(store))
    return emit(sys.stdin, sys.stdout, emitter)


def emit(lines: TextIO, answers: TextIO, emitter: Emitter) -> int:
    """Pump `lines` through an emitter and print its answers as they come."""
    refused = 0

    def read() -> None:
        for line in lines:
            if line.strip() and not emitter.put(line):
                return
        emitter.end()

    threading.Thread(target=read, name="stdin", daemon=True).start()
    try:
        for answer in emitter.answers():
            refused += not isinstance(answer, Emitted)
            answers.write(answer.model_dump_json(exclude_none=True) + "\n")
            answers.flush()
    except Unconfirmed as left:
        detail = {"count": left.count, "line": left.line, "wait_s": emitter.wait_s}
        complain(Problem(code="events-unconfirmed", detail=detail))
        return EXIT_CANNOT_REACH
    return int(refused > 0)
