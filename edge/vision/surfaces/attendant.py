# SPDX-License-Identifier: Apache-2.0
"""Tells what has changed on a road surface and stays changed though traffic passes over it.

What must always be true here: a change keeps its `since_us` and its place while something hides it; a thing that the
tracker follows is no change, however long it stands; what is light or weather is learnt and never told.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from edge.core.errands import WatchSurface
from edge.core.tracks import Sighting, SurfaceChange, SurfaceLook
from edge.vision.evidence import Photographer, Shot
from edge.vision.source import Frame
from edge.vision.surfaces.drivers import Drivers
from edge.vision.surfaces.ground_look import GroundLook
from edge.vision.surfaces.kept import Kept, Shelf
from edge.vision.surfaces.known import Known
from edge.vision.surfaces.memory import Memory
from edge.vision.surfaces.patches import Patch, find_patches

EVERY_US = 1_000_000
UPSET_SHARE = 0.25
UPSET_TIMES = 3
"""What comes at so many different times within `UPSET_SPAN_US` is puddles or drying; a load is lost at one time."""
UPSET_SPAN_US = 180_000_000
SAME_TIME_US = 10_000_000
WEATHER_US = 300_000_000
"""For so long after it was last found to be the weather, whatever is new is the weather too."""
BLIND_US = 60_000_000
"""Who has not looked for longer cannot tell how a change came about, and takes it for the weather."""
QUIET_US = 20_000_000
"""What is there so soon after the beginning was not lost: then everything appears at once."""
BLACK_LEVEL = 12.0
"""Where the surface's middle level is lower, nobody sees what lies there, nor that it is gone."""
BEFORE_EVERY_US = 60_000_000
BEFORE_BY_US = 5_000_000
"""The picture from before is so much older than the change: what spilt it was there already."""


@dataclass(slots=True)
class _Album:
    """The last few whole scenes with nothing new on the surface."""

    shots: deque[Shot] = field(default_factory=lambda: deque(maxlen=4))

    def due(self, at_us: int) -> bool:
        return not self.shots or at_us - self.shots[-1].taken_us >= BEFORE_EVERY_US

    def before(self, since_us: int) -> Shot | None:
        return next((shot for shot in reversed(self.shots) if shot.taken_us <= since_us - BEFORE_BY_US), None)


class SurfaceAttendant:
    """Watches one surface of one camera."""

    def __init__(self, errand: WatchSurface, photographer: Photographer, folder: Path | None = None) -> None:
        self._errand, self._photographer = errand, photographer
        self._shelf = Shelf(folder, errand)
        self._shape: tuple[int, ...] = ()
        self._album = _Album()
        self._known: list[Known] = []
        self._looked_us: int | None = None
        self._at_us: int | None = None
        self._weather_us: int | None = None
        self._blind_us: int | None = None

    def due(self, at_us: int) -> bool:
        """About once a second, by day and night: what nobody drives over may change too."""
        return self._looked_us is None or not 0 <= at_us - self._looked_us < 0.9 * EVERY_US

    def attend(self, frame: Frame, sighting: Sighting) -> Sighting:
        """The sighting with what has changed on the surface, if it is time to look."""
        if not self.due(frame.at_us):
            if frame.image.shape == self._shape:
                self._memory.passed(frame.at_us, self._ground.covered(self._drivers.shades(sighting.tracks)))
            return sighting
        if frame.image.shape != self._shape:
            self._begin(frame.at_us, frame.image.shape)
        self._looked_us = frame.at_us
        seen, level = self._ground.of(frame.image)
        if level < BLACK_LEVEL:
            return sighting
        gap_us = 0 if self._at_us is None else frame.at_us - self._at_us
        self._at_us = frame.at_us
        if gap_us > BLIND_US:
            self._blind_us = frame.at_us
        self._memory.look(frame.at_us, seen, self._ground.covered(self._drivers.shades(sighting.tracks)))
        found = find_patches(self._memory, self._ground.inside, level)
        self._follow(frame.at_us, found)
        self._learn(frame.at_us, max(0.0, min(10.0, gap_us / 1e6)))
        changes = tuple(self._changes())
        self._keep_album(frame, sighting)
        if not self._memory.ready:
            return sighting
        told = [known for known in self._known if known.told]
        self._shelf.save(Kept(frame.at_us, self._learnt_us, self._shape, self._memory, told))
        scene = sighting.scene or (self._photographer.store(self._photographer.shot(frame)) if changes else None)
        looked_at = (*sighting.surfaces, SurfaceLook(self._errand.name, self._learnt_us))
        return replace(sighting, scene=scene, surfaces=looked_at, changes=(*sighting.changes, *changes))

    def _begin(self, at_us: int, shape: tuple[int, ...]) -> None:
        self._shape = shape
        self._ground = GroundLook(self._errand, shape)
        kept = self._shelf.recalled(at_us, shape, self._ground.inside)
        self._memory = Memory(self._ground.inside) if kept is None else kept.memory
        self._known = [] if kept is None else kept.told
        self._learnt_us = at_us if kept is None else kept.learnt_us
        self._at_us = None if kept is None else kept.at_us
        self._drivers = Drivers(self._ground, at_us + QUIET_US)

    def _follow(self, at_us: int, found: list[Patch]) -> None:
        """Each known patch takes up what is found in its place; what nobody takes up is new."""
        upset = _lasts(self._weather_us, at_us) or _lasts(self._blind_us, at_us)
        for known in self._known:
            own = [patch for patch in found if np.count_nonzero(patch.cells & known.cells)]
            found = [patch for patch in found if not any(patch is one for one in own)]
            known.look(at_us, own, self._memory.busy, grows=not upset)
        self._known = [known for known in self._known if not known.gone]
        self._known += [Known(patch.cells, patch.since_us) for patch in found]

    def _learn(self, at_us: int, gap_s: float) -> None:
        """With the weather all that is young is learnt at once; what has lain there for long is kept."""
        size = int(np.count_nonzero(self._ground.inside))
        young = [known for known in self._known if at_us - known.since_us <= UPSET_SPAN_US]
        share = sum(int(np.count_nonzero(known.cells)) for known in young) / size
        if share > UPSET_SHARE or _times(known.since_us for known in young if known.votes) >= UPSET_TIMES:
            self._weather_us = at_us
        weather, blind = _lasts(self._weather_us, at_us), _lasts(self._blind_us, at_us)
        if weather:
            self._known = [known for known in self._known if not any(known is one for one in young)]
        if blind:
            self._known = [known for known in self._known if known.told]
        nothing = np.zeros_like(self._ground.inside)
        kept, light = nothing.copy(), nothing.copy()
        for known in self._known:
            (kept if known.told or known.votes > 0 else light)[known.cells] = True
        self._memory.follow(light, kept, gap_s, upset=weather or blind)

    def _changes(self) -> Iterator[SurfaceChange]:
        size = int(np.count_nonzero(self._ground.inside))
        for known in self._known:
            if known.believed and not known.told:
                known.tell()
                shot = self._album.before(known.since_us)
                known.before = None if shot is None else self._photographer.store(shot)
            if known.told:
                share = min(1.0, np.count_nonzero(known.cells) / size)
                box = self._ground.box(known.cells)
                yield SurfaceChange(self._errand.name, box, share, known.since_us, known.before)

    def _keep_album(self, frame: Frame, sighting: Sighting) -> None:
        if self._album.due(frame.at_us) and not sighting.tracks and not self._known:
            self._album.shots.append(self._photographer.shot(frame))


def _lasts(upset_us: int | None, at_us: int) -> bool:
    """Whether what began then goes on."""
    return upset_us is not None and 0 <= at_us - upset_us < WEATHER_US


def _times(onsets_us: Iterable[int]) -> int:
    """How many different times there are among these."""
    times: list[int] = []
    for onset_us in sorted(onsets_us):
        if not times or onset_us - times[-1] > SAME_TIME_US:
            times.append(onset_us)
    return len(times)
