# SPDX-License-Identifier: Apache-2.0
"""What the kernel counts of a process: memory, processor time, bytes."""

from pathlib import Path

from provisioning.fleet.processor_time import cpu_s

__all__ = ["bytes_read_by_calls", "bytes_written", "cpu_s", "pss_mb", "rss_mb"]


def pss_mb(pid: int) -> float:
    """Proportional set size: what would come free if the process ended, with shared pages divided among their users."""
    return _smaps(pid, "Pss") / 1024


def rss_mb(pid: int) -> float:
    """Resident set size, shared pages counted whole."""
    return _smaps(pid, "Rss") / 1024


def bytes_written(pid: int) -> int:
    """Bytes it caused to be written to storage."""
    return _io(pid, "write_bytes")


def bytes_read_by_calls(pid: int) -> int:
    """Bytes it got from read(), sockets included if that is how it reads them."""
    return _io(pid, "rchar")


def _smaps(pid: int, key: str) -> int:
    return _number(Path(f"/proc/{pid}/smaps_rollup"), key)


def _io(pid: int, key: str) -> int:
    return _number(Path(f"/proc/{pid}/io"), key)


def _number(file: Path, key: str) -> int:
    for line in file.read_text("ascii").splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1])
    raise KeyError(key)
