# SPDX-License-Identifier: Apache-2.0
"""The bench most tests of the session stand on."""

import pytest

from edge.sync.settings import SessionSettings
from tests.sync.bench import ACK_TIMEOUT_S, EPOCH, Bench

SETTINGS = SessionSettings(EPOCH, window=4, ack_timeout_s=ACK_TIMEOUT_S)


@pytest.fixture
def bench() -> Bench:
    """A session that trusts its hub, window 4, not connected."""
    return Bench(SETTINGS)
