# SPDX-License-Identifier: Apache-2.0
"""What is known of a surface, on disk: after a restart nothing that was told is learnt as road, or told anew.

One small file a surface, beside the camera's ring of pictures. It is written when what is told changes, and now and
then; one that is broken, old, or of another outline is as good as none.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import TypeAdapter

from edge.core.errands import WatchSurface
from edge.core.tracks import PictureRef
from edge.vision.surfaces.ground_look import Flags
from edge.vision.surfaces.known import Known
from edge.vision.surfaces.memory import Memory

SAVE_EVERY_US: Final = 1_800_000_000
HOLDS_US: Final = 6 * 3_600_000_000
"""After a longer absence light, weather and season have made another surface of it."""
_PICTURE: Final = TypeAdapter(PictureRef | None)


@dataclass(frozen=True, slots=True)
class Kept:
    """A surface as it was known at `at_us`; it has been learnt since `learnt_us`."""

    at_us: int
    learnt_us: int
    picture: tuple[int, ...]
    """Rows, columns and colours of the pictures it was seen in."""
    memory: Memory
    told: list[Known]


class Shelf:
    """Where one surface's file lies; without a folder nothing is kept."""

    def __init__(self, folder: Path | None, errand: WatchSurface) -> None:
        self._file = folder and folder / f"surface-{errand.name}.npz"
        self._outline = np.array(errand.outline, np.float64)
        self._saved_us: int | None = None
        self._saved: tuple[int, ...] = ()

    def save(self, kept: Kept) -> None:
        """Write it if it is time; a full disk is told by the ring of pictures."""
        names = tuple(one.since_us for one in kept.told)
        waits = self._saved_us is not None and 0 <= kept.at_us - self._saved_us < SAVE_EVERY_US
        if self._file is None or (waits and names == self._saved):
            return
        self._saved_us, self._saved = kept.at_us, names
        unfinished = self._file.with_suffix(".tmp.npz")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(
                unfinished,
                allow_pickle=False,
                outline=self._outline,
                picture=np.array(kept.picture),
                times_us=np.array((kept.at_us, kept.learnt_us)),
                cells=np.array([one.cells for one in kept.told], np.bool_),
                since_us=np.array(names, np.int64),
                before=np.array([_PICTURE.dump_json(one.before).decode() for one in kept.told], np.str_),
                **kept.memory.kept(),
            )
            unfinished.replace(self._file)
        except OSError:
            return

    def recalled(self, at_us: int, picture: tuple[int, ...], inside: Flags) -> Kept | None:
        """What was kept of this surface, if it still holds."""
        if self._file is None:
            return None
        try:
            with np.load(self._file, allow_pickle=False) as file:
                return self._read({name: file[name] for name in file}, at_us, picture, inside)
        except (OSError, ValueError, KeyError, EOFError):
            return None

    def _read(
        self,
        kept: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]],
        at_us: int,
        picture: tuple[int, ...],
        inside: Flags,
    ) -> Kept | None:
        saved_us, learnt_us = (int(one) for one in kept["times_us"])
        same = np.array_equal(kept["outline"], self._outline) and np.array_equal(kept["picture"], picture)
        if not same or not 0 <= at_us - saved_us <= HOLDS_US:
            return None
        memory = Memory.recalled(inside, kept)
        told = [
            Known(cells, int(since_us), before=_PICTURE.validate_json(str(before)))
            for cells, since_us, before in zip(
                kept["cells"].astype(np.bool_), kept["since_us"], kept["before"], strict=True
            )
        ]
        for one in told:
            one.tell()
            memory.hold(one.cells, one.since_us)
        return Kept(saved_us, learnt_us, picture, memory, told)
