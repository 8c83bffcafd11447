# SPDX-License-Identifier: Apache-2.0
import json
import subprocess
import sys

import pytest

from tests.soak.cuts import MOST_GROWTH_MB


@pytest.mark.slow
def test_cuts_of_a_camera_do_not_grow_memory() -> None:
    """After thirty cuts the process that decodes a camera is as large as after five."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak.cuts", "--cuts", "30"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["memory_mb"] <= MOST_GROWTH_MB
