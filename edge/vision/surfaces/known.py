# SPDX-License-Identifier: Apache-2.0
"""A patch of a surface that is followed from look to look: it keeps its place and its beginning while it is hidden."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.core.tracks import PictureRef
from edge.vision.surfaces.ground_look import Flags
from edge.vision.surfaces.patches import Patch

BELIEVED = 5
"""Looks at which a patch must have been found to be matter, less those at which it was not."""
VOTES_MOST = 20
GONE_LOOKS = 5
"""A patch is gone when it was not found so often while its place was in view."""
IN_VIEW = 0.5
UNSETTLED_US = 60_000_000
"""What swells is no longer told if it shows so soon after its beginning; later somebody may have been sent there."""
SPREADS = 4
"""A patch that was told may spread to so many times its size; what becomes larger is a shadow that fell over it."""


@dataclass(slots=True)
class Known:
    """One such patch; `told` from when it was believed on, `before` the picture from before it came."""

    cells: Flags
    since_us: int
    votes: int = 0
    missed: int = 0
    told: bool = False
    before: PictureRef | None = None
    _most: int = 0

    @property
    def gone(self) -> bool:
        """Whether its place was seen without it for long enough."""
        return self.missed >= GONE_LOOKS

    @property
    def believed(self) -> bool:
        """Whether it was found to be matter often enough."""
        return self.votes >= BELIEVED

    def tell(self) -> None:
        """It is told from now on."""
        self.told, self._most = True, SPREADS * int(np.count_nonzero(self.cells))

    def look(self, at_us: int, own: Sequence[Patch], busy: Flags, *, grows: bool) -> None:
        """Take in what a look found in its place; what something hides of it is believed to be there still."""
        if own:
            self._take_up(own, busy, grows=grows)
            swells = any(patch.swells for patch in own) and at_us - self.since_us <= UNSETTLED_US
            self.told = self.told and not (swells and self.votes == 0)
        elif np.count_nonzero(self.cells & ~busy) >= IN_VIEW * np.count_nonzero(self.cells):
            self.missed += 1

    def _take_up(self, own: Sequence[Patch], busy: Flags, *, grows: bool) -> None:
        matter = any(patch.matter for patch in own)
        cells = self.cells & busy
        for patch in own:
            cells |= patch.cells
        if not self.told or (grows and matter and np.count_nonzero(cells) <= self._most):
            self.cells = cells
        self.missed = 0
        self.votes = max(0, min(VOTES_MOST, self.votes + (1 if matter else -1)))
