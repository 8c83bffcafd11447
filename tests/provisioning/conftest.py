# SPDX-License-Identifier: Apache-2.0
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.bench.postgres import Postgres, installed
from provisioning.bench.record_place import SQLITE
from tests.provisioning.stores import new_database


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres | None]:
    """One server for all tests of a process; None where there is no PostgreSQL."""
    if installed() is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="dongtou-pg-"))
    folder.chmod(0o711)
    running = Postgres(folder / "postgres")
    try:
        yield running.start()
    finally:
        running.kill()  # what it holds is thrown away; a polite end would write it out first
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=[SQLITE, "postgres"])
def place(request: pytest.FixtureRequest, postgres: Postgres | None) -> str:
    """Where the record is: each test runs once for either."""
    return SQLITE if request.param == SQLITE else new_database(postgres)
