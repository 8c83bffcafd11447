# SPDX-License-Identifier: Apache-2.0
import errno
import sqlite3
from pathlib import Path

import pytest

from edge.contract.blobs import BlobRef
from edge.contract.problems import ProblemError
from edge.durable.ballast import Ballast
from edge.durable.blobs import BlobStore
from edge.durable.blocks import is_disk_error
from edge.durable.migrations import migrate


def fail(*_: object) -> None:
    raise OSError(errno.EIO, "Input/output error")


def test_ballast_on_a_disk_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that can be neither removed nor made is a ballast that is not given up or not whole, and no crash."""
    ballast = Ballast(tmp_path, 4096)
    with monkeypatch.context() as failing:
        failing.setattr(Path, "unlink", fail)
        assert (ballast.give_up(), ballast.whole) == (False, True)
    assert (ballast.give_up(), ballast.whole) == (True, False)
    with monkeypatch.context() as failing:
        failing.setattr("os.open", fail)
        ballast.restore()
    assert (ballast.give_up(), ballast.whole) == (False, False)
    ballast.restore()
    assert ballast.whole


def test_store_without_a_log_is_none() -> None:
    """Where SQLite quietly stays with another journal, no store is made: in memory here, after an error on a disk."""
    with pytest.raises(SystemExit, match="cannot have a write-ahead log"):
        migrate(":memory:")


def test_picture_is_not_trusted_for_a_second_fsync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed fsync the same file is not fsynced into trust: its bytes are written into a file of their own."""
    ring = tmp_path / "ring.jpg"
    ring.write_bytes(b"picture")
    blob = BlobRef(sha256="a" * 64, size=7, media_type="image/jpeg")
    blobs = BlobStore(tmp_path / "blobs")
    with monkeypatch.context() as failing:
        failing.setattr("os.fsync", fail)
        with pytest.raises(ProblemError):
            blobs.keep_file(blob, ring)
    assert blobs.path(blob.sha256).samefile(ring)
    blobs.keep_file(blob, ring)
    assert not blobs.path(blob.sha256).samefile(ring)
    assert blobs.read(blob.sha256, 0, 9) == b"picture"
    assert [file.name for file in (tmp_path / "blobs").iterdir()] == [blob.sha256]


@pytest.mark.parametrize(("name", "doubtful"), [("SQLITE_IOERR_FSYNC", True), ("SQLITE_IOERR_SHMSIZE", False)])
def test_full_disk_makes_no_block_doubtful(name: str, doubtful: bool) -> None:
    """Where there was no room nothing was written, so acknowledgements on a full disk need not wait for a new log."""
    failed = sqlite3.OperationalError("disk I/O error")
    failed.sqlite_errorname = name
    assert is_disk_error(failed) is doubtful
