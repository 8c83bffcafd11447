# SPDX-License-Identifier: Apache-2.0
"""One benchmark from its command line to its printed figures."""

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.figures import Figures, arguments, load_average, publish
from benchmarks.workplace import workplace


def taken(name: str, doc: str | None, argv: Sequence[str], measure: Callable[[Path, bool], Figures]) -> int:
    """Measure in a folder of its own, in tiny sizes if it must be quick, print, and give 0."""
    args = arguments(name, doc, argv)
    load_before = load_average()
    with workplace(name) as folder:
        figures = measure(folder, args.quick)
    publish(name, figures, args, load_before)
    return 0
