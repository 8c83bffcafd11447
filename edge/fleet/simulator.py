# SPDX-License-Identifier: Apache-2.0
"""One process of simulated devices: `python -m edge.fleet.simulator`, with `edge.fleet.words` on stdin and stdout.

It ends by itself when the run is over, and at once when stdin is closed: nobody is left to tell.
"""

import asyncio
import contextlib
import gc
import logging
import math
import resource
import sys
import threading
from typing import Final

from edge.contract.problems import ProblemError
from edge.fleet.crew import Crew
from edge.fleet.tally import Tally
from edge.fleet.words import Beat, Begin, Finished, Orders, Words

_BEAT_S: Final = 0.5
_LOOK_AGAIN_S: Final = 0.05
_LINE_BYTES: Final = 1 << 20
_STACK_BYTES: Final = 256 * 1024
"""Each connection is dialled on a thread of its own, and while nobody answers there are many."""
_OBJECTS_BETWEEN_SWEEPS: Final = 50_000
_DISK_FILES: Final = 8
"""Files that a store on disk holds open: lock, database and log, for reading and for writing."""
_SPARE_FILES: Final = 64


class Simulator:
    """The run from orders to report."""

    def __init__(self, orders: Orders) -> None:
        """Nothing moves yet."""
        self._orders = orders
        self._tally = Tally()

    async def run(self, begun: "asyncio.Future[Begin]") -> None:
        """Bring the devices online, wait to be told to begin, and report."""
        async with asyncio.TaskGroup() as group:
            crew = Crew(self._orders, self._tally, group)
            try:
                crew.build()
                # What was built stays to the end; the collector need not look through it again and again.
                gc.freeze()
                gc.set_threshold(_OBJECTS_BETWEEN_SWEEPS)
                beating = group.create_task(self._beat())
                await crew.switch_on()
                begin = await begun
                self._tally.calm_until_s = begin.at + self._orders.calm_s
                crew.begin(begin.at)
                await self._until_all_is_told(crew, begin.at + self._orders.duration_s)
                beating.cancel()
                _tell(self._beaten())
                _tell(self._report())
            finally:
                await crew.close()

    async def _until_all_is_told(self, crew: Crew, end_s: float) -> None:
        tally = self._tally
        await asyncio.sleep(max(0.0, end_s - asyncio.get_running_loop().time()))
        for _ in range(math.ceil(self._orders.drain_s / _LOOK_AGAIN_S)):
            if not crew.emitting and not tally.open:
                return
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_BEAT_S)
            _tell(self._beaten())

    def _beaten(self) -> Beat:
        tally = self._tally
        return Beat(online=tally.online, accepted=tally.accepted, acked=tally.acked, **tally.take_instants())

    def _report(self) -> Finished:
        tally, used = self._tally, resource.getrusage(resource.RUSAGE_SELF)
        return Finished(
            accepted=tally.accepted,
            acked=tally.acked,
            refused=tally.refused,
            latency=tally.latency,
            calm_latency=tally.calm_latency,
            lateness=tally.lateness,
            reconnect=tally.reconnect,
            bytes_up=tally.bytes_up,
            bytes_down=tally.bytes_down,
            cpu_s=used.ru_utime + used.ru_stime,
            rss_mb=used.ru_maxrss / 1024,
        )


def allow_files(orders: Orders) -> None:
    """Raise the soft limit as far as it goes. Raises `ProblemError` fleet-too-few-files when that is not enough."""
    each = 1 + (_DISK_FILES if orders.outbox == "disk" else 0)
    wanted = orders.devices * each + _SPARE_FILES
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise ProblemError("fleet-too-few-files", devices=orders.devices, wanted=wanted, allowed=hard)


def _tell(words: Words) -> None:
    sys.stdout.write(f"{words.model_dump_json()}\n")
    sys.stdout.flush()


async def _simulate() -> int:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=_LINE_BYTES)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    orders = Orders.model_validate_json(await lines.readline())
    allow_files(orders)
    begun: asyncio.Future[Begin] = loop.create_future()
    running = asyncio.create_task(Simulator(orders).run(begun))
    listening = asyncio.create_task(_listen(lines, begun))
    await asyncio.wait({running, listening}, return_when=asyncio.FIRST_COMPLETED)
    for task in (listening, running):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    return 0


async def _listen(lines: asyncio.StreamReader, begun: "asyncio.Future[Begin]") -> None:
    """Until nobody is there any more."""
    while line := await lines.readline():
        begun.set_result(Begin.model_validate_json(line))


def main() -> int:
    """Run as told on stdin; 1 with a problem's code on stderr if that cannot be."""
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    threading.stack_size(_STACK_BYTES)
    try:
        return asyncio.run(_simulate())
    except ProblemError as failed:
        sys.stderr.write(f"{failed.problem.model_dump_json()}\n")
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
