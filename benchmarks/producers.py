# SPDX-License-Identifier: Apache-2.0
"""Eight producers that want their events on disk: how many a second get there, and how long each one takes."""

import asyncio
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from benchmarks.figures import percentile
from benchmarks.sample_events import TYPE, readings
from edge.contract.envelope import event_body
from edge.contract.words import Lane
from edge.core.clock import SystemClock
from edge.durable.rows import NewRow
from edge.durable.store import Store
from edge.durable.transaction import Transaction

PRODUCERS: Final = 8
BODIES: Final = tuple(event_body(TYPE, data) for data in itertools.islice(readings(), 4096))
_CLOCK: Final = SystemClock()

Latencies = list[float]


@dataclass(frozen=True, slots=True)
class Pace:
    """One short run. Latency runs from handing an event over until it is durable."""

    per_s: float
    p99_ms: float


def sample_row(number: int) -> NewRow:
    """The event `number`, of this instant."""
    now = _CLOCK.now()
    return NewRow(Lane.METRIC, now.wall_us, now.uptime_ms, now.quality.value, BODIES[number % len(BODIES)])


def threads_run(produce: Callable[[float, Latencies], None], seconds: float) -> Pace:
    """`produce(until, latencies)` on eight threads at once."""
    latencies: list[Latencies] = [[] for _ in range(PRODUCERS)]
    begun = time.perf_counter()
    threads = [threading.Thread(target=produce, args=(begun + seconds, own)) for own in latencies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _pace(list(itertools.chain(*latencies)), time.perf_counter() - begun)


def store_producer(store: Store, window: int) -> Callable[[float, Latencies], None]:
    """A thread that keeps up to `window` events on their way to disk."""

    def produce(until: float, latencies: Latencies) -> None:
        waiting: deque[Callable[[], object]] = deque()
        for number in itertools.count():
            begun = time.perf_counter()
            if begun >= until:
                break
            if len(waiting) >= window:
                waiting.popleft()()
            row = sample_row(number)
            begun = time.perf_counter()
            promise = store.commit_from_thread(_appending(row))
            promise.add_done_callback(lambda _, begun=begun: latencies.append(time.perf_counter() - begun))  # type: ignore[misc]
            waiting.append(promise.result)
        for wait in waiting:
            wait()

    return produce


async def loop_run(store: Store, window: int, seconds: float) -> Pace:
    """The same eight as tasks of one loop, which is how the agent's own parts write."""
    latencies: Latencies = []
    begun = time.perf_counter()

    async def produce() -> None:
        for number in itertools.count():
            if time.perf_counter() >= begun + seconds:
                return
            handed_over = time.perf_counter()
            await store.append([sample_row(number)])
            latencies.append(time.perf_counter() - handed_over)

    await asyncio.gather(*(produce() for _ in range(PRODUCERS * window)))
    return _pace(latencies, time.perf_counter() - begun)


def _appending(row: NewRow) -> Callable[[Transaction], object]:
    return lambda txn: txn.append(row)


def _pace(latencies: Latencies, took_s: float) -> Pace:
    return Pace(len(latencies) / took_s, percentile(latencies, 0.99) * 1000)
