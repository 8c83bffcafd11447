# SPDX-License-Identifier: Apache-2.0
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.world import World


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: the name of a Unix socket has room for 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="dt-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    """A world in which nothing runs yet."""
    made = World(folder)
    yield made
    made.close()


@pytest.fixture
def forgetful_world(folder: Path) -> Iterator[World]:
    """The same with a broker that keeps nothing through its death."""
    made = World(folder, persistent=False)
    yield made
    made.close()
