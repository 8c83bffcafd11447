# SPDX-License-Identifier: Apache-2.0
"""A small ext4 in a file: a disk of one's own that can be filled up, and whose plug can be pulled by copying the file.

What the copy stands for: the file holds what the mounted file system has handed to its disk; what a program wrote
without an fsync lies in the page cache above it, unless the kernel wrote it back by itself. So a copy is what a power
cut leaves on a disk that keeps whatever it was given. Which way the loop device reaches the file, through the host's
own cache or past it (direct I/O), makes no difference: the copy is read through the same cache, and the host loses no
power. For the same reason the file lies in memory where it can: a flush is then an order and not a wait. What this disk
cannot show is one that forgets writes it has answered until it is told to flush, or that lies about having flushed.
"""

import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MIB: Final = 1024 * 1024
_IN_MEMORY: Final = Path("/dev/shm")
_PREFIX: Final = "loop-image-"
_SYSTEM_PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_NO_BACKGROUND: Final = "lazy_itable_init=0,lazy_journal_init=0,nodiscard"
"""All is written when the file system is made, and nothing by the kernel later on."""
_WRITES, _IN_FLIGHT = 4, 8
"""Columns of a block device's statistics (the kernel's Documentation/block/stat.rst)."""
_TRIES: Final = 1000


@dataclass(frozen=True, slots=True)
class LoopImage:
    """A mounted ext4: the file it lies in, and where it is mounted."""

    backing: Path
    mount: Path

    @property
    def device_folder(self) -> Path:
        """What the kernel tells of the loop device."""
        device = self.mount.stat().st_dev
        return Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")

    def copy(self, to: Path) -> None:
        """Copy the file as it is at one instant: a write that arrives meanwhile makes the copy void."""
        statistics = self.device_folder / "stat"
        for _ in range(_TRIES):
            before = statistics.read_text().split()
            copy_image(self.backing, to)
            after = statistics.read_text().split()
            if before[_WRITES] == after[_WRITES] and before[_IN_FLIGHT] == after[_IN_FLIGHT] == "0":
                return
        raise RuntimeError(f"{self.backing}: written to without a pause")


@contextmanager
def loop_image(size_mb: int, folder: Path | None = None) -> Iterator[LoopImage]:
    """A new ext4 of `size_mb`, mounted; gone at the end, whatever happens. In memory if it can be, else in `folder`.

    An owner that is killed leaves its image behind; the next one to come clears it away.
    """
    with place_for_images(folder) as place:
        backing = place / "image"
        make_ext4(backing, size_mb)
        with mounted(backing, place / "disk") as image:
            yield image


@contextmanager
def mounted(backing: Path, mount: Path) -> Iterator[LoopImage]:
    """An ext4 that lies in `backing`, mounted on a folder that is made for it; its journal is replayed first."""
    mount.mkdir()
    _system("mount", "-o", "loop,noatime", str(backing), str(mount))
    try:
        yield LoopImage(backing, mount)
    finally:
        _let_go(mount)


def make_ext4(image: Path, size_mb: int) -> None:
    """A file that is an empty disk."""
    with image.open("wb") as file:
        file.truncate(size_mb * MIB)
    _system("mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "0", "-E", _NO_BACKGROUND, str(image))


def copy_image(image: Path, to: Path) -> None:
    """Copy a file that is a disk; what is nothing but zeros costs nothing."""
    _system("cp", "--sparse=always", str(image), str(to))


@functools.cache
def why_no_loop_image() -> str:
    """Why no image can be mounted here; empty if one can."""
    if os.geteuid() != 0:
        return "only root may mount a loop device"
    if not shutil.which("mkfs.ext4", path=_SYSTEM_PATH):
        return "there is no mkfs.ext4 (Debian package e2fsprogs)"
    try:
        with loop_image(4):
            return ""
    except (subprocess.CalledProcessError, OSError) as failed:
        told = getattr(failed, "stderr", None) or str(failed)
        return f"no loop device may be mounted here: {str(told).strip()}"


@contextmanager
def place_for_images(folder: Path | None) -> Iterator[Path]:
    """A folder for files that are disks and for what they are mounted on: in memory if it can be, gone at the end."""
    above = _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else folder
    if above is not None:
        _clear_away_orphans(above)
    place = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=above))
    try:
        yield place
    finally:
        shutil.rmtree(place)


def _clear_away_orphans(above: Path) -> None:
    for place in above.glob(f"{_PREFIX}*"):
        owner = place.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdecimal() and not Path("/proc", owner).exists():
            for mount in filter(os.path.ismount, place.iterdir()):
                _let_go(mount)
            shutil.rmtree(place, ignore_errors=True)


def give_up_free_blocks(mount: Path) -> None:
    """Take the blocks that hold nothing out of the file that the disk lies in; the journal's stay."""
    _system("fstrim", str(mount))


@contextmanager
def mounted_memory(mount: Path, size: int) -> Iterator[Callable[[int], None]]:
    """A tmpfs of `size` bytes on a folder that is made for it; gives what changes its size."""
    mount.mkdir()
    _system("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(mount))
    try:
        yield lambda now: _system("mount", "-o", f"remount,size={now}", str(mount))
    finally:
        _let_go(mount)


def _let_go(mount: Path) -> None:
    try:
        _system("umount", str(mount))
    except subprocess.CalledProcessError:
        # Somebody still has a file open there: what is mounted goes with him, the name is free at once.
        _system("umount", "--lazy", str(mount))
    mount.rmdir()


def _system(*command: str) -> None:
    program = shutil.which(command[0], path=_SYSTEM_PATH) or command[0]
    subprocess.run([program, *command[1:]], check=True, capture_output=True, text=True)
