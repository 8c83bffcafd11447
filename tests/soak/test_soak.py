# SPDX-License-Identifier: Apache-2.0
import json
import subprocess
import sys

import pytest


@pytest.mark.scenario
@pytest.mark.broker
@pytest.mark.slow
def test_a_short_soak_ends_well() -> None:
    """In seconds what else takes hours: lines that tell of rows and memory, some mishaps, and a clean ledger."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", "--hours", "0.003", "--seed", "4"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["accepted"] > 50
    assert (figures["lost"], figures["duplicated"], figures["disordered"], figures["corrupt"]) == (0, 0, 0, 0)
    assert figures["faults"] >= 2
    lines = [line for line in done.stderr.splitlines() if "pole-1: " in line]
    assert len(lines) >= 5
    assert "PSS" in lines[-1]
