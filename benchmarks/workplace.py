# SPDX-License-Identifier: Apache-2.0
"""Where a benchmark works: a folder of its own on the disk that holds the repository, gone when it is done.

And where it finds real pictures.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
"""Real pictures and weights that are not ours to ship, where they lie beside the repository."""
_WORK = ROOT / "build" / "bench"
"""Not /tmp: on many machines that is memory, where an fsync costs nothing and proves nothing."""


@contextmanager
def workplace(name: str) -> Iterator[Path]:
    """An empty folder, removed afterwards whatever happens."""
    _WORK.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=_WORK))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
