# SPDX-License-Identifier: Apache-2.0
"""The newest full run of every benchmark as a table: printed, or with --write put into docs/explanation/measured.md.

Every figure comes from a file that a run has written under benchmarks/results/; nothing is typed by hand.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.figures import RESULTS, Figures
from benchmarks.workplace import ROOT

PAGE: Final = ROOT / "docs" / "explanation" / "measured.md"
BEGIN: Final = "<!-- figures: written by `python -m benchmarks report --write`, not by hand -->"
END: Final = "<!-- end of figures -->"
_ABOUT_THE_RUN: Final = frozenset({"benchmark", "quick", "taken_at", "load_before", "load_after", "machine"})


def main(argv: Sequence[str]) -> int:
    """Print the tables, or put them into the page; 1 if nothing was measured yet."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks report", description=__doc__)
    parser.add_argument("--write", action="store_true", help="replace the figures in docs/explanation/measured.md")
    args = parser.parse_args(argv)
    runs = _runs(RESULTS)
    if not runs:
        sys.stderr.write("nothing measured yet: run `make bench` first\n")
        return 1
    tables = "\n".join(table(run) for run in runs)
    if args.write:
        PAGE.write_text(with_figures(PAGE.read_text("utf-8"), tables), "utf-8")
    else:
        print(tables)
    return 0


def table(run: Figures) -> str:
    """One run as Markdown: what it was taken on, then a line for each figure."""
    machine = run["machine"]
    head = [
        f"### {run['benchmark']}",
        "",
        (
            f"{machine['cpus']} processors ({machine['processor']}), {machine['system']}, Python {machine['python']}; "
            f"load average {run['load_before']} before and {run['load_after']} after; {run['taken_at']}."
        ),
        "",
        "| figure | value |",
        "|---|---:|",
    ]
    figures = {key: value for key, value in run.items() if key not in _ABOUT_THE_RUN}
    return "\n".join([*head, *(f"| `{key}` | {value} |" for key, value in _flat(figures)), ""])


def with_figures(page: str, tables: str) -> str:
    """The page with new tables between its marks. Raises `ValueError` if it has none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE} lacks its marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{tables}\n{END}{after}"


def _runs(folder: Path) -> list[Figures]:
    return [json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.json"))]


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401  (whatever a benchmark told)
    match value:
        case dict():
            for key, inner in value.items():
                yield from _flat(inner, f"{name}.{key}" if name else str(key))
        case list():
            yield name, ", ".join(map(str, value))
        case int() | float():
            yield name, f"{value:,}"
        case _:
            yield name, str(value)
