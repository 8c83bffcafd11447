# SPDX-License-Identifier: Apache-2.0
"""Benchmarks in tiny sizes: what they tell, and that they leave nothing behind. No figure is judged here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

KEYS = {
    "outbox": {
        "append_per_s",
        "append_p99_ms",
        "append_per_s_at_100k",
        "append_per_s_at_1m",
        "ratio_at_1m",
        "window_1",
        "peer",
    },
    "drain": {"events", "events_per_s", "peer_paho_msgs_per_s", "ratio", "bytes_per_event_on_wire", "urgent_p99_ms"},
    "hub": {"events", "devices", "sqlite"},
    "outage": {"failover_s", "half_open_s", "canary_s", "healed_s"},
    "fleet": {"devices", "events", "lost", "duplicated", "peak_connects_pct", "latency_ms", "hub_cpu_us_per_event"},
    "footprint": {
        "pss_mb",
        "rss_mb",
        "start_ms",
        "start_p95_ms",
        "first_start_ms",
        "cpu_pct_idle",
        "cpu_pct_at_1hz",
        "backlog_extra_mb",
        "start_1m_ms",
        "floor_pss_mb",
        "mosquitto_pss_mb",
        "written_bytes_per_single_event",
        "written_bytes_per_burst_event",
    },
}
WORK = ROOT / "build" / "bench"
"""Where benchmarks work."""

pytestmark = [pytest.mark.broker, pytest.mark.slow]


def mine(name: str) -> set[Path]:
    return set(WORK.glob(f"{name}-*"))


def still_running(name: str) -> list[str]:
    """Command lines of processes that work in a folder of the benchmark `name`."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # ended meanwhile
        if f"{WORK}/{name}-" in command:
            found.append(command)
    return found


@pytest.mark.parametrize("name", list(KEYS))
def test_tells_its_figures_and_leaves_nothing(name: str) -> None:
    """The last line of stdout is one JSON object with every promised key; no process and no folder stays."""
    folders = mine(name)
    command = [sys.executable, "-m", "benchmarks", name, "--quick", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=800)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["benchmark"] == name
    assert figures["quick"] is True
    assert figures.keys() >= KEYS[name]
    assert not [key for key in KEYS[name] if figures[key] is None]
    assert still_running(name) == []
    assert mine(name) - folders == set()
