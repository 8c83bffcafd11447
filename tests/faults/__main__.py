# SPDX-License-Identifier: Apache-2.0
"""`make faults`: every fault suite in turn, their sums at the end; `--only` and `--seed` play one of them again."""

import argparse
import json
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import cast

from tests.faults.tally import Suite, Tally

SUITES: tuple[str, ...] = ("power_cut",)
"""Modules of this package, the quick ones first."""
SEED = 20261124


def main(argv: list[str]) -> int:
    """Play, tell, and give 0 if nothing was lost, doubled, out of order or corrupt."""
    args = _arguments(argv)
    total = Tally()
    for name in args.only or SUITES:
        total += _play(name, args.seed, args.scale)
    _say(f"all: {_told(total)}")
    print(json.dumps(total.figures()) if args.json else _told(total))  # noqa: T201  (the product of this programme)
    return 0 if total.clean else 1


def _play(name: str, seed: int, scale: float) -> Tally:
    suite = cast("Suite", import_module(f"tests.faults.{name}"))
    _say(f"{suite.NAME}: {suite.MEANING}")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"faults-{name}-") as folder:
        tally = suite.play(seed, scale, Path(folder))
    _say(f"{suite.NAME}: {_told(tally)} in {time.monotonic() - begun:.0f} s")
    return tally


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", action="append", choices=SUITES, help="one suite; may be given more than once")
    parser.add_argument("--seed", type=int, default=SEED, help="the same seed puts in the same faults")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full suites, 0.01 to 1 and beyond")
    parser.add_argument("--json", action="store_true", help="the sums as one JSON object on the last line of stdout")
    return parser.parse_args(argv)


def _told(tally: Tally) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in tally.figures().items())


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
