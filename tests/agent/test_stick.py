# SPDX-License-Identifier: Apache-2.0
import contextlib
import errno
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.agent import stick
from edge.agent.stick import check_room, named_when_whole
from edge.contract.problems import ProblemError

SMALL_BYTES = 1024 * 1024


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A stick of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL_BYTES}", "none", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def write(target: Path, data: bytes) -> None:
    with named_when_whole(target) as file:
        for at in range(0, len(data), 100_000):
            file.write(data[at : at + 100_000])


def code_of(target: Path, data: bytes) -> str:
    with pytest.raises(ProblemError) as wrong:
        write(target, data)
    return wrong.value.problem.code


def test_a_file_has_its_name_when_it_is_whole(tmp_path: Path) -> None:
    """Not before; and nothing else is left beside it."""
    target = tmp_path / "a.dtx"
    with named_when_whole(target) as file:
        file.write(b"data")
        assert not target.exists()
    assert target.read_bytes() == b"data"
    assert list(tmp_path.iterdir()) == [target]


def test_a_stick_that_is_full_is_left_as_it_was(small: Path) -> None:
    """Neither the name nor half a file under another: what little room there was is there again."""
    assert code_of(small / "a.dtx", os.urandom(2 * SMALL_BYTES)) == "export-no-room"
    assert list(small.iterdir()) == []
    write(small / "b.dtx", os.urandom(SMALL_BYTES // 2))


def test_a_stick_that_is_too_small_is_told_at_once(small: Path) -> None:
    """Before minutes are spent on writing to it."""
    check_room(small, SMALL_BYTES // 2)
    with pytest.raises(ProblemError, match="export-no-room"):
        check_room(small, 2 * SMALL_BYTES)


def test_a_file_that_may_not_be_so_large(tmp_path: Path) -> None:
    """FAT32 says so at four gigabytes; a limit of this process says it sooner, in the same words."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_BYTES, before[1]))
    try:
        assert code_of(tmp_path / "a.dtx", bytes(2 * SMALL_BYTES)) == "export-too-large"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_a_stick_that_is_pulled_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The medium answers with an error of its own, when it is written to or when it is made sure of."""

    def gone(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", gone)
    assert code_of(tmp_path / "a.dtx", b"data") == "export-stick-gone"
    assert list(tmp_path.iterdir()) == []


def test_a_stick_that_forgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not read back as it was written never gets the name."""
    sync = stick.HashedFile.sync

    def changing(self: stick.HashedFile) -> None:
        sync(self)
        (part,) = tmp_path.iterdir()
        part.write_bytes(b"dat\0")

    monkeypatch.setattr(stick.HashedFile, "sync", changing)
    assert code_of(tmp_path / "a.dtx", b"data") == "export-read-back"
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """What is there may be the only copy of somebody's backlog."""
    target = tmp_path / "a.dtx"
    target.write_bytes(b"old")
    assert code_of(target, b"new") == "export-there"
    assert target.read_bytes() == b"old"


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C in the middle is no half-written file either."""
    with contextlib.suppress(KeyboardInterrupt), named_when_whole(tmp_path / "a.dtx") as file:
        file.write(b"data")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_what_is_large_goes_to_the_stick_bit_by_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bar tells of the medium, not of what this machine still keeps in its memory."""
    synced: list[int] = []
    sync = stick.HashedFile.sync

    def noted(self: stick.HashedFile) -> None:
        synced.append(self.size)
        sync(self)

    monkeypatch.setattr(stick.HashedFile, "sync", noted)
    monkeypatch.setattr(stick, "_FLUSH_BYTES", 150_000)
    write(tmp_path / "a.dtx", bytes(400_000))
    assert synced == [200_000, 400_000, 400_000]
