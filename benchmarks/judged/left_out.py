# SPDX-License-Identifier: Apache-2.0
"""What of a folder is not judged, and why: figures of a part that nobody knows to be a part would mislead."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from benchmarks.eyes import picture
from benchmarks.figures import progress
from edge.vision.source import Image
from edge.vision.sources.dated import ENDINGS

SHOWN: Final = 3
"""Names that are told of each reason; the others are only counted."""


class LeftOut:
    """Collects them, and tells them at the end."""

    def __init__(self) -> None:
        self.why: dict[str, list[str]] = defaultdict(list)

    def add(self, why: str, names: Iterable[str]) -> None:
        """Some that are left out; `why` is in the plural, such as "pictures without labels"."""
        self.why[why].extend(names)

    def picture(self, file: Path) -> Image | None:
        """The pixels of a picture; one that cannot be read is left out."""
        image = picture(file)
        if image is None:
            self.add("pictures that cannot be read", [file.name])
        return image

    def tell(self, judged: int, what: str) -> None:
        """How many were judged, and how many of which kind were not."""
        left = ", ".join(f"{len(names)} {why} ({_shown(names)})" for why, names in self.why.items() if names)
        progress(f"  {judged} {what} judged; left out: {left or 'nothing'}")


def pictures(folder: Path) -> dict[Path, Path]:
    """Every picture below a folder by its place in it, without the ending: any ending, in capitals or not."""
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in ENDINGS and file.is_file())
    return {file.relative_to(folder).with_name(file.stem): file for file in reversed(files)}


def _shown(names: list[str]) -> str:
    return ", ".join(sorted(names)[:SHOWN]) + (", …" if len(names) > SHOWN else "")
