# SPDX-License-Identifier: Apache-2.0
"""The hub as processes of its own: `python -m provisioning.bench.hub --broker HOST:PORT... --folder DIR`.

One worker gathers, commits, acks and releases, in this order and on one thread; killed at any point, it goes on from
its record. Several (`--workers`) are started and watched by a parent that starts the dead ones again; `--worker` runs
one of them alone, for instance on another machine. The folder holds the blobs, and the record too unless `--store`
names a PostgreSQL.
"""

import argparse
import gc
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.contract.problems import ProblemError
from edge.contract.topics import DEFAULT_ROOT, Down, Topics
from provisioning.address import host_and_port
from provisioning.bench.book import Book
from provisioning.bench.hub_link import CLIENT_ID, NEVER_EXPIRES, HubLink
from provisioning.bench.hub_workers import Ending, mark_of, supervise
from provisioning.bench.posting import Store, StoreAwayError
from provisioning.bench.record_place import SQLITE, open_store
from provisioning.bench.share import Roster, Share

_LOOK_UP_S: Final = 0.25
_SHARED_SESSION_S: Final = 30
"""A worker that is away for longer gives up its part of what the broker shares out, so that the others get it."""
_OBJECTS_BETWEEN_SWEEPS: Final = 50_000
"""What waits for a commit is no garbage, and looking through it again and again would cost a tenth of the time."""


class Worker:
    """One worker at its broker and its store."""

    def __init__(self, link: HubLink, store: Store, share: Share) -> None:
        """Prepare; `serve` works."""
        self._link = link
        self._store = store
        self._share = share
        self._roster = Roster(share)
        self._book = Book(store, share.topics.root, share.mine)

    def serve(self, ready: Path, ending: Ending) -> None:
        """Keep the record until asked to end; `ready` is there while the worker hears its part."""
        while not ending.asked:
            arrived = self._link.gather(_LOOK_UP_S)
            for message in arrived:
                self._book.take(message.topic, message.payload)
                self._meet(message.topic)
            if self._insist(self._commit, ending):
                self._link.release(arrived)
            if self._link.waits_for_filters:
                self._insist(self._begin, ending)
            if self._link.subscribed != ready.exists():
                ready.touch() if self._link.subscribed else ready.unlink()

    def _insist(self, ask: Callable[[], None], ending: Ending) -> bool:
        """Ask the store until it is there, and stay connected meanwhile; false when the end came first."""
        said = ""
        while not ending.asked:
            try:
                ask()
                return True
            except StoreAwayError as wrong:
                if said != str(wrong):
                    sys.stderr.write(f"hub: {wrong}\n")
                said = str(wrong)
                self._link.rest(_LOOK_UP_S)
        return False

    def _commit(self) -> None:
        topics = self._share.topics
        unanswered = {topics.parse(topic).device for topic in self._link.unanswered}
        for device, ack in self._book.commit(time.monotonic(), unanswered):
            said = ack.model_dump_json(by_alias=True, exclude_defaults=True)
            self._link.publish(topics.down(device, Down.ACK), said)

    def _begin(self) -> None:
        devices = self._store.devices() if self._by_hash() else []
        shares = self._link.broker_shares
        self._roster.begin(devices)
        self._link.begin(self._share.filters(devices, broker_shares=shares), self._share.strays(broker_shares=shares))

    def _meet(self, topic: str) -> None:
        if self._by_hash():
            mine, strange = self._roster.meet(topic)
            self._link.subscribe(mine)
            self._link.unsubscribe(strange)

    def _by_hash(self) -> bool:
        return not self._share.alone and not (self._link.broker_shares and self._share.asks_broker)


def main(argv: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT."""
    args = _arguments(argv)
    ending = Ending()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, ending.ask)
    args.folder.mkdir(parents=True, exist_ok=True)
    try:
        if args.workers > 1 and args.worker is None:
            return supervise(sys.argv[1:] if argv is None else argv, args.folder, args.workers, ending)
        return _work(args, ending)
    except ProblemError as wrong:
        sys.stderr.write(f"hub: {wrong}\n")
        return 1


def _work(args: argparse.Namespace, ending: Ending) -> int:
    worker = args.worker or 0
    share = Share(Topics(args.root), worker, args.workers, by_hash=args.by_hash)
    ready = mark_of(args.folder, worker if args.workers > 1 else None)
    ready.unlink(missing_ok=True)
    store = open_store(args.store, args.folder, worker, args.workers)
    expiry_s = _SHARED_SESSION_S if share.asks_broker else NEVER_EXPIRES
    link = HubLink(
        [host_and_port(broker) for broker in args.broker], f"{CLIENT_ID}-{worker}" if worker else CLIENT_ID, expiry_s
    )
    gc.set_threshold(_OBJECTS_BETWEEN_SWEEPS)
    Worker(link, store, share).serve(ready, ending)
    link.close()
    store.close()
    ready.unlink(missing_ok=True)
    return 0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m provisioning.bench.hub", description=__doc__)
    parser.add_argument("--broker", required=True, metavar="HOST:PORT", nargs="+", help="several are one cluster")
    parser.add_argument("--folder", required=True, type=Path, help="blobs, and marks of who is ready")
    parser.add_argument("--root", default=DEFAULT_ROOT)
    parser.add_argument("--store", default=SQLITE, metavar="sqlite|postgresql://…", help="where the record is kept")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="how many share the devices")
    parser.add_argument("--worker", type=int, metavar="K", help="run only this one, counted from 0")
    parser.add_argument("--by-hash", action="store_true", help="share by hash even if the broker could share")
    args = parser.parse_args(argv)
    if args.workers < 1 or args.worker not in {None, *range(args.workers)}:
        parser.error("--workers is 1 or more, and --worker one of them, counted from 0")
    return args


if __name__ == "__main__":
    raise SystemExit(main())
