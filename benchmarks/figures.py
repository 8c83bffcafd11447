# SPDX-License-Identifier: Apache-2.0
"""How a benchmark tells what it found: lines for a person on stderr, with --json one object at the end of stdout."""

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"
"""The newest full run of each benchmark on this machine; `report` makes a table of them."""

Figure = int | float | str | None
Figures = dict[str, Any]


def arguments(name: str, doc: str | None, argv: Sequence[str]) -> argparse.Namespace:
    """What every benchmark takes: `json` and `quick`."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks {name}", description=doc)
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line of stdout")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: shows that it works, measures nothing")
    return parser.parse_args(argv)


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all (0 to 1) do not exceed: nearest rank, so one that was really seen."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def progress(text: str) -> None:
    """Tell a person what is going on."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def load_average() -> float:
    """Of the last minute: what else ran here. Figures taken beside other work are lower bounds."""
    return round(os.getloadavg()[0], 2)


def machine() -> dict[str, Figure]:
    """What the figures were taken on."""
    return {
        "cpus": os.cpu_count(),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def publish(name: str, figures: Figures, args: argparse.Namespace, load_before: float) -> None:
    """Print the figures, keep those of a full run under `results/`, and with --json end with them as JSON."""
    told = _with_circumstances(name, figures, load_before, quick=args.quick)
    progress(f"\n{name}: load average {load_before} before, {told['load_after']} after")
    for key, value in figures.items():
        progress(f"  {key:<28} {_shown(value)}")
    if not args.quick:
        _keep(told)
    if args.json:
        print(json.dumps(told))


def keep(name: str, figures: Figures, load_before: float) -> None:
    """Keep the figures of a full run under `results/`, with what they were taken on, and print nothing."""
    _keep(_with_circumstances(name, figures, load_before, quick=False))


def _with_circumstances(name: str, figures: Figures, load_before: float, *, quick: bool) -> Figures:
    return {
        "benchmark": name,
        "quick": quick,
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_before": load_before,
        "load_after": load_average(),
        "machine": machine(),
        **figures,
    }


def _keep(told: Figures) -> None:
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{told['benchmark']}.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "  ".join(f"{key} {_shown(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return "  ".join(map(_shown, value))
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
