# SPDX-License-Identifier: Apache-2.0
"""The smallest device there is: no camera, no role. What it costs, every device costs."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.producers import sample_row
from edge.contract.words import Lane
from edge.core.clock import SystemClock
from edge.durable.database import STORE, connect
from edge.durable.store import Store
from edge.health.machine import read_boot_id

DEVICE: Final = "bench-pole-1"
_ROWS_A_COMMIT: Final = 1000


@dataclass(frozen=True, slots=True)
class Pole:
    """A device's files in one folder."""

    folder: Path

    @property
    def config(self) -> Path:
        """What the agent is started with."""
        return self.folder / "device.toml"

    @property
    def store(self) -> Path:
        """Folder of the outbox."""
        return self.folder / "agent"

    @property
    def socket(self) -> Path:
        """Where the agent listens for programs of the same device."""
        return self.folder / "agent.sock"

    def acked(self, lane: Lane) -> int:
        """How far the hub has acknowledged, as committed by the agent; read beside it, in its own words on disk."""
        db = connect(self.store / STORE, read_only=True)
        (acked,) = db.execute("SELECT acked_seq FROM lanes WHERE name = ?", (lane.value,)).fetchone()
        db.close()
        return int(acked)

    def wait_acked(self, lane: Lane, through: int, within_s: float) -> float:
        """The wall-clock second at which the hub had everything up to `through`, to about 10 ms."""
        db = connect(self.store / STORE, read_only=True)
        deadline = time.monotonic() + within_s
        while True:
            (acked,) = db.execute("SELECT acked_seq FROM lanes WHERE name = ?", (lane.value,)).fetchone()
            if acked >= through:
                db.close()
                return time.time()
            assert time.monotonic() < deadline, f"acknowledged {acked} of {through} within {within_s:.0f} s"
            time.sleep(0.01)


def write_pole(folder: Path, *broker_ports: int, link: str = "") -> Pole:
    """A pole with defaults for everything but where its brokers are, and what `link` says in words of the file."""
    pole = Pole(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pole.config.write_text(
        f"""\
[device]
name = "{DEVICE}"

[store]
folder = {json.dumps(str(pole.store))}
socket = {json.dumps(str(pole.socket))}

[link]
{link}"""
        + "".join(f'[[link.brokers]]\nhost = "127.0.0.1"\nport = {port}\n' for port in broker_ports),
        "utf-8",
    )
    return pole


def fill(pole: Pole, count: int) -> None:
    """`count` events on lane `metric` on disk, written by the agent's own store with no agent running."""
    store = Store.open(pole.store, lambda tell: tell(), read_boot_id(), SystemClock().now())
    for first in range(0, count, _ROWS_A_COMMIT):
        rows = [sample_row(number) for number in range(first, min(first + _ROWS_A_COMMIT, count))]
        store.commit_from_thread(lambda txn, rows=rows: [txn.append(row) for row in rows]).result()  # type: ignore[misc]
    store.close()
