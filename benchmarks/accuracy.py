# SPDX-License-Identifier: Apache-2.0
"""`python -m benchmarks accuracy QUESTION --data DIR [--json]`: how often the eye is right; `QUESTIONS` lists them.

DIR is laid out like the pictures we train and test on: `parking/sequence*` for slots, `plates/crops` and
`plates/photos` for plates, `street/images` and `street/labels` for the detector; for dwell a folder of time-stamped
frames with a zones file; for cases all of the first three, and `parking/empty_sunday`. Health and
surfaces take clips (`video`), health also `parking` and `street`; crowd takes `street` and `parking/empty_sunday`.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from benchmarks.figures import Figures, keep, load_average, progress
from benchmarks.workplace import DATA
from edge.contract.problems import ProblemError

QUESTIONS = {
    "slots": "parking spaces, occupied or free",
    "plates": "plates read from crops and from whole photographs",
    "detector": "vehicles found, beside YOLOX-nano",
    "dwell": "how long who stood where, and which stays became cases",
    "cases": "cases of illegal parking with the right plate, a wrong one or none",
    "health": "lost views told within half a minute, and false alarms",
    "surfaces": "what is lost on a road, told after how long, and false ones",
    "crowd": "people found in pictures, and counted through a gate",
}


def main(argv: Sequence[str]) -> int:
    """Ask one question, or all of them; the figures are the last line of stdout with --json. 1 if one has no answer."""
    args = _arguments(argv)
    if args.quick:
        return 0
    unanswered = 0
    for name in [args.question] if args.question else list(QUESTIONS):
        load_before = load_average()
        figures = _measured(name, args.data, {"model": args.model} if args.model else {})
        if figures is None:
            unanswered += 1
            continue
        for key, value in figures.items():
            progress(f"  {name} {key:<24} {value}")
        keep(f"accuracy-{name}", figures, load_before)
        if args.json:
            print(json.dumps(figures))
    return min(1, unanswered)


def _measured(name: str, data: Path, wishes: dict[str, str]) -> Figures | None:
    """The figures, or what is wrong with the folder in a line: figures of half of it would mislead."""
    measure: Callable[..., Figures] = import_module(f"benchmarks.judged.{name}").measure
    try:
        return measure(data, **wishes)
    except (OSError, ProblemError, ValueError, KeyError) as wrong:
        missing = "there is no " if isinstance(wrong, KeyError) else ""
        progress(f"{name}: {data} cannot be judged: {missing}{wrong}")
        return None


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks accuracy", description=__doc__)
    about = "; ".join(f"{name}: {what}" for name, what in QUESTIONS.items())
    parser.add_argument("question", nargs="?", choices=sorted(QUESTIONS), help=about)
    parser.add_argument("--data", type=Path, default=DATA, metavar="DIR", help=f"labelled pictures (default: {DATA})")
    parser.add_argument("--model", metavar="NAME", help="detector: ask this one of `provision models list`, not ours")
    parser.add_argument("--quick", action="store_true", help="ask nothing: pictures cannot be judged in small")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line of stdout")
    args = parser.parse_args(argv)
    if not args.data.is_dir():
        parser.error(f"{args.data} is no folder: give one with labelled pictures")
    if args.model and args.question != "detector":
        parser.error("--model goes with the question `detector`")
    return args


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
