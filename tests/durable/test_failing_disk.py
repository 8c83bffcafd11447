# SPDX-License-Identifier: Apache-2.0
import errno
from pathlib import Path

import pytest

from edge.durable.ballast import Ballast
from edge.durable.migrations import migrate


def fail(*_: object) -> None:
    raise OSError(errno.EIO, "Input/output error")


def test_ballast_on_a_disk_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that can be neither removed nor made is a ballast that is not given up or not whole, and no crash."""
    ballast = Ballast(tmp_path, 4096)
    with monkeypatch.context() as failing:
        failing.setattr(Path, "unlink", fail)
        assert not ballast.give_up()
    assert ballast.whole
    assert ballast.give_up()
    with monkeypatch.context() as failing:
        failing.setattr("os.open", fail)
        ballast.restore()
    assert not ballast.whole
    ballast.restore()
    assert ballast.whole


def test_store_without_a_log_is_none() -> None:
    """Where SQLite quietly stays with another journal, no store is made: in memory here, after an error on a disk."""
    with pytest.raises(SystemExit, match="cannot have a write-ahead log"):
        migrate(":memory:")
