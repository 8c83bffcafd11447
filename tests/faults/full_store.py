# SPDX-License-Identifier: Apache-2.0
"""A device whose store is always too small: offered far more than fits, its line cut and back, its disk filled."""

import contextlib
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

from edge.contract.envelope import event_id
from edge.contract.outbox import SHED_TYPE
from edge.contract.words import Lane
from provisioning.bench.record import Record
from tests.durable.stores import usage
from tests.faults.district import SHORT_TIMES, District, Pole, is_empty
from tests.faults.ledger import audit
from tests.faults.loop_image import MIB, loop_image, why_no_loop_image
from tests.faults.round import say
from tests.faults.tally import Tally
from tests.scenarios.load import LOAD_TYPE, EmitLoad, Line, Pace, wait_until
from tests.scenarios.world import DeviceLine, write_device

NAME: Final = "full_store"
MEANING: Final = "a disk of 64 MB, the cap below and above it, more offered than fits, the line cut and back"
DISK_MB: Final = 64
CAPS_MB: Final = (16, 1024)
"""One that is reached first, and one that the disk does not have."""
LOADS: Final = 3
PACE: Final = Pace(lines=10, rest_s=0.005, pad=16_000)
ROUND_S: Final = 240.0
_CUT_S, _BACK_S = (15.0, 30.0), (2.0, 6.0)
_LOOK_EVERY_S: Final = 0.02
_LANES: Final = """
[store.lanes]
metric = { floor_pct = 0, ceiling_pct = 100 }
"""
_GIVEN_UP: Final = frozenset({"over-cap", "disk-full", "expired"})
_SLACK_S: Final = 1.0


def play(seed: int, scale: float, folder: Path) -> Tally:
    """Both caps in turn; what was accepted is at the hub or told gone, and an observer never finds too much."""
    if reason := why_no_loop_image():
        say(f"left out: {reason}")
        return Tally()
    rounds = [_round(cap_mb, random.Random(seed + cap_mb), ROUND_S * scale, folder) for cap_mb in CAPS_MB]
    return sum(rounds, Tally())


def settle(record: Record, accepted: list[Line]) -> Tally:
    """Hold the hub against what was accepted, less what it was told will never come."""
    told = list(_told(record))
    gone = frozenset(event_id(epoch, Lane(shed["lane"]), seq) for epoch, shed, _ in told for seq in _range(shed))
    return audit(record, accepted, gone)


def _round(cap_mb: int, chance: random.Random, seconds: float, folder: Path) -> Tally:
    with loop_image(DISK_MB, folder) as image, District(folder / f"cap-{cap_mb}") as district:
        pole = _pole(district, image.mount / "store", cap_mb)
        pole.agent.start()
        loads = [EmitLoad(f"load-{n}", pole.agent.config, chance.randrange(10**6), PACE) for n in range(LOADS)]
        cuts: list[tuple[float, float]] = []
        try:
            with _observed(image.mount / "store") as seen:
                _cut_and_restore(pole, image.mount, chance, seconds, cuts)
                lines = [line for load in loads for line in load.finish()]
        finally:
            for load in loads:
                load.close()
        wait_until(lambda: is_empty(pole), 180.0, "the outbox is empty")
        tally = _judged(district, lines, cuts)
        over = max(seen) > cap_mb * MIB * 1.02
        say(f"cap {cap_mb} MB: {len(lines):,} events offered, at most {max(seen) / MIB:.2f} MB in {len(seen):,} looks")
    return tally + Tally(faults=len(cuts), corrupt=int(over))


def _pole(district: District, store: Path, cap_mb: int) -> Pole:
    """A device of the district whose store lies on the small disk."""
    pole = district.add(start=False)
    line = DeviceLine(pole.name, pole.proxy.port, SHORT_TIMES)
    pole.agent = write_device(pole.folder, line, store=store, more=_LANES)
    text = pole.agent.config.read_text("utf-8")
    pole.agent.config.write_text(text.replace("[store]\n", f"[store]\ncap_mb = {cap_mb}\n"), "utf-8")
    return pole


def _cut_and_restore(
    pole: Pole, disk: Path, chance: random.Random, seconds: float, cuts: list[tuple[float, float]]
) -> None:
    """The line is away most of the time; now and then somebody else fills the disk meanwhile."""
    until_s = time.monotonic() + seconds
    for number in count():
        begun = time.time()
        pole.proxy.cut()
        filler = _fill(disk) if number % 2 else None
        time.sleep(min(chance.uniform(*_CUT_S), seconds / 4))
        if filler is not None:
            filler.unlink()
        pole.proxy.restore()
        cuts.append((begun, time.time()))
        assert pole.agent.child.running, "the agent died"
        if time.monotonic() >= until_s:
            return
        time.sleep(chance.uniform(*_BACK_S))


def _fill(disk: Path) -> Path:
    filler = disk / "others"
    free = os.statvfs(disk)
    # If somebody was quicker it is full all the same.
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        os.posix_fallocate(file.fileno(), 0, max(4096, free.f_bavail * free.f_frsize - 8192))
    return filler


@contextmanager
def _observed(store: Path) -> Iterator[list[int]]:
    """What an observer finds, over and over."""
    seen: list[int] = [0]
    enough = threading.Event()

    def look() -> None:
        while not enough.wait(_LOOK_EVERY_S):
            if (store / "blobs").exists():
                seen.append(usage(store))

    observer = threading.Thread(target=look, daemon=True)
    observer.start()
    try:
        yield seen
    finally:
        enough.set()
        observer.join()


def _judged(district: District, lines: list[Line], cuts: list[tuple[float, float]]) -> Tally:
    refused = [line.refused for line in lines if line.refused]
    record = Record(district.hub.folder)
    try:
        tally = settle(record, [line for line in lines if line.id])
        told = list(_told(record))
        spared = _spared(record, [told_s for _, shed, told_s in told if shed["lane"] in {"record", "urgent"}], cuts)
    finally:
        record.close()
    say(f"{len(told):,} losses told, {len(refused):,} events refused, {len(cuts)} cuts")
    wrong = spared + len(set(refused) - {"disk-full"})
    return tally + Tally(faults=len(told) + len(refused), corrupt=wrong)


def _spared(record: Record, told_s: list[float], cuts: list[tuple[float, float]]) -> int:
    """Metric rows that were on the device when a record or urgent one was given up: they should have gone first.

    Judged while the line was cut, when nothing could leave the device: what the hub got afterwards had been there.
    """
    metric = [
        (_seconds(event["time"]), _seconds(event["received_at"]))
        for event in (record.events(f"%{LOAD_TYPE}", most=100_000_000) if told_s else ())
        if event["lane"] == Lane.METRIC
    ]
    return sum(
        sum(written_s < at_s - _SLACK_S and came_s > end_s for written_s, came_s in metric)
        for begin_s, end_s in cuts
        for at_s in told_s
        if begin_s + _SLACK_S < at_s < end_s
    )


def _told(record: Record) -> Iterator[tuple[str, dict[str, Any], float]]:
    """Epoch, range and instant of every loss for want of room."""
    for event in record.events(SHED_TYPE, most=1_000_000):
        if event["data"]["reason"] in _GIVEN_UP:
            yield event["id"].split("-")[0], event["data"], _seconds(event["time"])


def _seconds(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()


def _range(shed: dict[str, Any]) -> range:
    return range(shed["from"], shed["to"] + 1)
