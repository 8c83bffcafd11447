# SPDX-License-Identifier: Apache-2.0
"""How many events a second become durable, whatever lies on disk already, beside persist-queue on the same disk.

Both sides fsync before they answer. Runs are short and take turns, so that what else happens on the machine meets both.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from persistqueue import SQLiteQueue

from benchmarks.figures import Figures, median, progress
from benchmarks.producers import (
    BODIES,
    PRODUCERS,
    Latencies,
    Pace,
    loop_run,
    sample_row,
    store_producer,
    threads_run,
)
from benchmarks.taken import taken
from edge.contract.words import Lane
from edge.core.clock import SystemClock
from edge.durable.database import STORE, connect
from edge.durable.store import Store
from edge.health.machine import read_boot_id

WINDOW: Final = 24
"""Events one producer has under way; a second round waits for each before the next."""
_FULL: Final = 2
"""What `PRAGMA synchronous` answers when every commit is fsynced."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is tried."""

    backlogs: tuple[int, int, int] = (0, 100_000, 1_000_000)
    runs: int = 5
    seconds: float = 2.0


_QUICK: Final = Size(backlogs=(0, 200, 400), runs=1, seconds=0.2)


def main(argv: Sequence[str]) -> int:
    """Measure, print, and give 0."""
    return taken("outbox", __doc__, argv, lambda folder, quick: measure(folder, _QUICK if quick else Size()))


def measure(folder: Path, size: Size) -> Figures:
    """Every figure of the benchmark."""
    peer = _Peer(folder / "peer")
    empty = [_turn(folder / f"store-{run}", peer, size.seconds) for run in range(size.runs)]
    per_s = median([turn.ours.per_s for turn in empty])
    figures: Figures = {
        "producers": PRODUCERS,
        "window": WINDOW,
        "append_per_s": round(per_s),
        "append_p99_ms": _ms([turn.ours for turn in empty]),
        "window_1": _summary([turn.one_by_one for turn in empty]),
        "on_the_agents_loop": _summary([turn.on_loop for turn in empty]),
    }
    for backlog, name in zip(size.backlogs[1:], ("100k", "1m"), strict=True):
        pairs = [_at_backlog(folder, run, backlog, size.seconds) for run in range(size.runs)]
        figures[f"append_per_s_at_{name}"] = round(median([deep.per_s for deep, _ in pairs]))
        figures[f"append_p99_ms_at_{name}"] = _ms([deep for deep, _ in pairs])
        figures[f"ratio_at_{name}"] = round(median([deep.per_s / shallow.per_s for deep, shallow in pairs]), 3)
    figures["peer"] = {"name": "persist-queue SQLiteQueue", **_summary([turn.peer for turn in empty])}
    figures["times_the_peer"] = round(per_s / figures["peer"]["append_per_s"], 1)
    return figures


@dataclass(frozen=True, slots=True)
class _Turn:
    ours: Pace
    one_by_one: Pace
    on_loop: Pace
    peer: Pace


def _turn(folder: Path, peer: "_Peer", seconds: float) -> _Turn:
    """Each way once, ours in a fresh store."""
    store = _open(folder)
    ours = threads_run(store_producer(store, WINDOW), seconds)
    one_by_one = threads_run(store_producer(store, 1), seconds)
    store.close()
    turn = _Turn(ours, one_by_one, asyncio.run(_on_loop(folder, seconds)), threads_run(peer.produce, seconds))
    progress(f"empty: {_line(turn.ours)}; one by one {_line(turn.one_by_one)}; peer {_line(turn.peer)}")
    return turn


async def _on_loop(folder: Path, seconds: float) -> Pace:
    loop = asyncio.get_running_loop()
    clock = SystemClock()
    store = Store.open(folder, loop.call_soon_threadsafe, read_boot_id(), clock.now())
    pace = await loop_run(store, WINDOW, seconds)
    store.close()
    return pace


def _at_backlog(folder: Path, run: int, backlog: int, seconds: float) -> tuple[Pace, Pace]:
    """A run on top of `backlog` rows that nobody has fetched, freshly opened, and right after it one on none."""
    store = _open(folder / "deep")
    _settle(store, backlog)
    deep = threads_run(store_producer(store, WINDOW), seconds)
    store.close()
    store = _open(folder / f"shallow-{backlog}-{run}")
    shallow = threads_run(store_producer(store, WINDOW), seconds)
    store.close()
    progress(f"at {backlog:,} rows: {_line(deep)}; at none {_line(shallow)}")
    return deep, shallow


def _settle(store: Store, backlog: int) -> None:
    """Exactly `backlog` rows: more are written, or the oldest are forgotten as after an acknowledgement."""
    begun = perf_counter()
    have = store.accounts[Lane.METRIC].rows
    for first in range(have, backlog, 1000):
        rows = [sample_row(number) for number in range(first, min(first + 1000, backlog))]
        store.commit_from_thread(lambda txn, rows=rows: [txn.append(row) for row in rows]).result()  # type: ignore[misc]
    through = store.accounts[Lane.METRIC].last_seq - backlog
    store.commit_from_thread(lambda txn: txn.forget(Lane.METRIC, through, _no_blobs)).result()
    if have < backlog:
        progress(f"filled to {backlog:,} rows in {perf_counter() - begun:.1f} s")


def _no_blobs(sha256: str) -> None:
    raise AssertionError(sha256)


def _open(folder: Path) -> Store:
    store = Store.open(folder, lambda tell: tell(), read_boot_id(), SystemClock().now())
    probe = connect(folder / STORE)  # as the store's own writer connects
    assert probe.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert probe.execute("PRAGMA synchronous").fetchone() == (_FULL,)
    probe.close()
    return store


class _Peer:
    """persist-queue as its documentation shows it, told to fsync every commit as ours does."""

    def __init__(self, folder: Path) -> None:
        self._queue = SQLiteQueue(str(folder), multithreading=True, auto_commit=True)
        for name in ("_putter", "_getter"):  # there is no public door
            connection = getattr(self._queue, name)
            connection.execute("PRAGMA synchronous = FULL")
            assert connection.execute("PRAGMA synchronous").fetchone() == (_FULL,)

    def produce(self, until: float, latencies: Latencies) -> None:
        """One thread that puts until `until`; `put` returns when the item is on disk."""
        number = 0
        while (begun := perf_counter()) < until:
            self._queue.put(BODIES[number % len(BODIES)])
            latencies.append(perf_counter() - begun)
            number += 1


def _summary(paces: list[Pace]) -> Figures:
    return {"append_per_s": round(median([pace.per_s for pace in paces])), "append_p99_ms": _ms(paces)}


def _ms(paces: list[Pace]) -> float:
    return round(median([pace.p99_ms for pace in paces]), 2)


def _line(pace: Pace) -> str:
    return f"{pace.per_s:,.0f}/s p99 {pace.p99_ms:.1f} ms"
