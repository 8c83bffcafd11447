# SPDX-License-Identifier: Apache-2.0
"""`make faults`: every fault suite in turn, their sums at the end; `--only` and `--seed` play one of them again.

A suite that breaks down is named with its seed and counts as failed; the others are played all the same.
"""

import argparse
import json
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, cast

from tests.faults.tally import Suite, Tally

SUITES: Final[tuple[str, ...]] = (
    "identity",
    "clock",
    "export",
    "workers",
    "power_cut",
    "disk_errors",
    "crash_points",
    "full_store",
    "agent",
    "broker",
    "hub",
    "cluster",
    "link",
)
"""Modules of this package, the quick ones first."""
SEED: Final = 20261124


def main(argv: Sequence[str], suites: Sequence[str] = SUITES) -> int:
    """Play, tell, and give 0 if no suite failed and nothing was lost, doubled, out of order or corrupt."""
    args = _arguments(argv, suites)
    played = {name: _play(name, args.seed, args.scale) for name in args.only or suites}
    total = sum((tally for tally in played.values() if tally), Tally())
    failed = [name for name, tally in played.items() if tally is None]
    _say(f"all: {_told(total)}")
    for name in failed:
        _say(f"failed: {name}. Play it again with ARGS='--only {name} --seed {args.seed} --scale {args.scale:g}'")
    print(json.dumps(total.figures()) if args.json else _told(total))  # noqa: T201  (the product of this programme)
    return 0 if total.clean and not failed else 1


def _play(name: str, seed: int, scale: float) -> Tally | None:
    suite = cast("Suite", import_module(f"tests.faults.{name}"))
    _say(f"{suite.NAME}: {suite.MEANING}")
    begun_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"faults-{name}-", ignore_cleanup_errors=True) as folder:
        try:
            tally = suite.play(seed, scale, Path(folder))
        except Exception:  # noqa: BLE001  (one suite that breaks down must not keep the others from being played)
            _say(traceback.format_exc().rstrip())
            _say(f"{suite.NAME}: failed with seed {seed} after {time.monotonic() - begun_s:.0f} s")
            return None
    _say(f"{suite.NAME}: {_told(tally)} in {time.monotonic() - begun_s:.0f} s")
    return tally


def _arguments(argv: Sequence[str], suites: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", action="append", choices=suites, help="one suite; may be given more than once")
    parser.add_argument("--seed", type=int, default=SEED, help=f"the same seed puts in the same faults ({SEED})")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full suites, 0.01 to 1 and beyond (1)")
    parser.add_argument("--json", action="store_true", help="the sums as one JSON object on the last line of stdout")
    return parser.parse_args(argv)


def _told(tally: Tally) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in tally.figures().items())


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
