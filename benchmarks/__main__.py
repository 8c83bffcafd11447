# SPDX-License-Identifier: Apache-2.0
"""`python -m benchmarks [NAME] [--json] [--quick]`: each promise as a measured figure. Without a name, all in turn.

A benchmark is a module of this package with `main(argv) -> exit code`; it starts and stops all it needs.
"""

import sys
from collections.abc import Sequence
from importlib import import_module

BENCHMARKS = {
    "outbox": "durable appends a second at 0, 100,000 and 1,000,000 rows, beside persist-queue",
    "drain": "a backlog from the agent's disk to the hub's acknowledgement, beside bare paho",
    "hub": "what the hub takes: one worker or three, on SQLite and on PostgreSQL",
    "vision": "what each stage of the eye costs for one frame on one thread",
    "tracking": "who is who: identity switches beside SORT, ByteTrack and norfair, on real clips and composites",
    "fleet": "a thousand devices on one broker and hub: lost, twice, and how they come back together",
    "footprint": "memory, start-up and bytes written by a pole's agent, beside the bare libraries",
    "accuracy": "how often the eye is right: spaces, plates, vehicles, dwell, cases, lost views, surfaces, crowds",
    "outage": "fail-over to another broker, half-open lines found, deafness noticed and healed",
}
REPORT = "report"


def main(argv: Sequence[str]) -> int:
    """Run one benchmark, or all of them; the first exit code that is not 0 is given back at the end."""
    name = argv[0] if argv else ""
    if name in {"-h", "--help"}:
        print(_usage())
        return 0
    if name in BENCHMARKS or name == REPORT:
        return _run(name, argv[1:])
    if name and not name.startswith("-"):
        sys.stderr.write(f"no benchmark {name!r}\n\n{_usage()}\n")
        return 2
    return next((code for code in [_run(each, argv) for each in BENCHMARKS] if code), 0)


def _run(name: str, argv: Sequence[str]) -> int:
    return int(import_module(f"benchmarks.{name}").main(argv))


def _usage() -> str:
    lines = [f"  {name:<10} {summary}" for name, summary in BENCHMARKS.items()]
    lines.append(f"  {REPORT:<10} the newest figures of this machine as a table for docs/explanation/measured.md")
    return "\n".join(["python -m benchmarks [NAME] [--json] [--quick]; without NAME all but the report", *lines])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
