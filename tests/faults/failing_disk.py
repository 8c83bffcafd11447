# SPDX-License-Identifier: Apache-2.0
"""A disk that takes writes and cannot keep them: fsync fails, and what was written is gone from then on.

Linux tells of a failed write-back once, at the next fsync, and takes the pages for written afterwards: whoever merely
repeats the fsync hears that all is well. Here the disk is a file in a memory too small for it, as on a thin volume
whose pool is used up: blocks that held nothing so far fail, the file system's own are there and work. When the memory
grows, the disk works again; what was lost stays lost.
"""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.contract.words import Lane
from tests.faults.expected import Expected
from tests.faults.loop_image import (
    MIB,
    LoopImage,
    give_up_free_blocks,
    make_ext4,
    mounted,
    mounted_memory,
    place_for_images,
)
from tests.faults.short_plays import FOLDER
from tests.faults.store_check import Findings, compare
from tests.faults.store_play import Op, Player, Way, read_ledger

_DISK_MB: Final = 24
_MARGIN: Final = 40_000
"""Room for a few blocks, so that some of a commit's get through."""
_WAYS: Final[tuple[Way, ...]] = ("", "", "bytes", "link", "copy")


@dataclass(frozen=True, slots=True)
class FailingDisk:
    """A mounted disk, and what it stands on."""

    image: LoopImage
    host: Path
    resize: Callable[[int], None]

    def fail(self) -> None:
        """From now on blocks that were never written cannot be."""
        os.sync()
        host = os.statvfs(self.host)
        self.resize((host.f_blocks - host.f_bfree) * host.f_bsize + _MARGIN)

    def work(self) -> None:
        """All can be written again."""
        self.resize(2 * _DISK_MB * MIB)


@contextmanager
def failing_disk(folder: Path) -> Iterator[FailingDisk]:
    """A disk that works, until it is told not to."""
    with place_for_images(folder) as place, mounted_memory(place / "host", 2 * _DISK_MB * MIB) as resize:
        backing = place / "host" / "image"
        make_ext4(backing, _DISK_MB)
        with backing.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, _DISK_MB * MIB)
        with mounted(backing, place / "disk") as image:
            give_up_free_blocks(image.mount)
            with _block_by_block(image):
                yield FailingDisk(image, place / "host", resize)


@contextmanager
def _block_by_block(image: LoopImage) -> Iterator[None]:
    """A loop device takes a request of which a part was written for done; of one block nothing can be a part."""
    limit = image.device_folder / "queue" / "max_sectors_kb"
    before = limit.read_text()
    limit.write_text("4")
    try:
        yield
    finally:
        limit.write_text(before)


def fail_and_recover(chance: random.Random, outside: Path) -> tuple[Findings, int]:
    """A store on a disk that fails for a while, then power is cut. Gives what is wrong, and what was accepted."""
    outside.mkdir()
    ledger = outside / "ledger"
    with failing_disk(outside) as disk:
        player = Player(disk.image.mount / FOLDER, ledger, outside)
        try:
            _write(player, chance, 1, 10)
            disk.fail()
            refused = _write(player, chance, 100, 20)
            disk.work()
            _repeat(player, refused)
            _write(player, chance, 200, 6)
            expected = Expected()
            expected.hear(read_ledger(ledger))
            cut, after = disk.host.with_name("cut"), disk.host.with_name("after")
            disk.image.copy(cut)
        finally:
            player.store.close()
        with mounted(cut, after):
            return compare(expected, after / FOLDER), expected.accepted


def _write(player: Player, chance: random.Random, first: int, count: int) -> list[Op]:
    """Rows and pictures; gives what was refused."""
    ops = []
    for n in range(first, first + count):
        way = chance.choice(_WAYS)
        op = Op(n, (Lane.RECORD,), keyed=True, pad=chance.randrange(6000), picture=40_000 if way else 0, way=way)
        if player.do(op).refused:
            ops.append(op)
    return ops


def _repeat(player: Player, refused: list[Op]) -> None:
    for op in refused:
        player.do(op)
