# SPDX-License-Identifier: Apache-2.0
import pytest


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small acknowledgements are committed at once instead of waiting for company."""
    monkeypatch.setattr("edge.durable.writer.PATIENCE_S", 0.0, raising=False)
