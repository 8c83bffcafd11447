# SPDX-License-Identifier: Apache-2.0
"""The hub as a process of its own: `python -m provisioning.bench.hub --broker HOST:PORT... --folder DIR [--root dt/1]`.

Gather, commit, ack, release, in this order and on one thread; killed at any point, it goes on from its record.
"""

import argparse
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.contract.problems import ProblemError
from edge.contract.topics import DEFAULT_ROOT, Down, Topics
from provisioning.bench.book import Book
from provisioning.bench.hub_link import HubLink

READY: Final = "hub.ready"
"""A file in the hub's folder that is there while the hub listens."""
_LOOK_UP_S: Final = 0.25


@dataclass(slots=True)
class Ending:
    """Whether somebody asked the process to stop."""

    asked: bool = False

    def ask(self, *_: object) -> None:
        """As a signal handler."""
        self.asked = True


def serve(link: HubLink, book: Book, topics: Topics, ready: Path, ending: Ending) -> None:
    """Keep the record until asked to end."""
    while not ending.asked:
        arrived = link.gather(_LOOK_UP_S)
        for message in arrived:
            book.take(message.topic, message.payload)
        for device, ack in book.commit(time.monotonic()):
            link.publish(topics.down(device, Down.ACK), ack.model_dump_json(by_alias=True, exclude_defaults=True))
        link.release(arrived)
        if link.subscribed != ready.exists():
            ready.touch() if link.subscribed else ready.unlink()


def _address(broker: str) -> tuple[str, int]:
    host, _, port = broker.rpartition(":")
    return host, int(port)


def main(argv: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m provisioning.bench.hub", description=__doc__)
    parser.add_argument("--broker", required=True, metavar="HOST:PORT", nargs="+", help="several are one cluster")
    parser.add_argument("--folder", required=True, type=Path)
    parser.add_argument("--root", default=DEFAULT_ROOT)
    args = parser.parse_args(argv)
    ending, topics = Ending(), Topics(args.root)
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, ending.ask)
    ready = args.folder / READY
    ready.unlink(missing_ok=True)
    try:
        book = Book(args.folder, args.root)
    except ProblemError as wrong:
        sys.stderr.write(f"hub: {wrong}\n")
        return 1
    link = HubLink([_address(broker) for broker in args.broker], topics.everything_up())
    serve(link, book, topics, ready, ending)
    link.close()
    book.close()
    ready.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
