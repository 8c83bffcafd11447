# SPDX-License-Identifier: Apache-2.0
"""Tells what has changed on a road surface and stays changed though traffic passes over it.

What must always be true here: a change keeps its `since_us` and its place while something hides it; a thing that the
tracker follows is no change, however long it stands; what is light or weather is learnt and never told.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from edge.core.errands import WatchSurface
from edge.core.geometry import Box
from edge.core.tracks import Kind, PictureRef, Sighting, SurfaceChange, Track
from edge.vision.evidence import Photographer, Shot
from edge.vision.source import Frame
from edge.vision.surfaces.ground_look import Flags, GroundLook
from edge.vision.surfaces.memory import Memory
from edge.vision.surfaces.patches import Patch, find_patches

EVERY_US = 1_000_000
BELIEVED = 5
"""Looks at which a patch must have been found to be matter, less those at which it was not."""
VOTES_MOST = 20
GONE_LOOKS = 5
"""A patch is gone when it was not found so often while its place was in view."""
IN_VIEW = 0.5
UPSET_SHARE = 0.25
UPSET_TIMES = 3
"""What comes at so many different times within `UPSET_SPAN_US` is puddles or drying; a load is lost at one time."""
UPSET_SPAN_US = 180_000_000
SAME_TIME_US = 10_000_000
WEATHER_US = 300_000_000
"""For so long after it was last found to be the weather, whatever is new is the weather too."""
BLIND_US = 60_000_000
"""Who has not looked for longer cannot tell how a change came about, and takes it for the weather."""
APPROACH_US = 1_500_000
"""A vehicle was seen for longer than this before it stood; what was lost lay there at once."""
QUIET_US = 20_000_000
"""…but not so soon after the beginning, when everything appears at once."""
UNTOLD = frozenset({Kind.VEHICLE, Kind.TWO_WHEELER, Kind.OTHER})
"""Kinds by which a detector without a model calls whatever it finds."""
WEAK = 0.45
"""Detectors take oil and loads for cars, but they are less sure of them than of most cars."""
BEFORE_EVERY_US = 60_000_000
BEFORE_BY_US = 5_000_000
"""The picture from before is so much older than the change: what spilt it was there already."""


@dataclass(slots=True)
class Known:
    """A patch that is followed from look to look."""

    cells: Flags
    since_us: int
    votes: int = 0
    missed: int = 0
    told: bool = False
    before: PictureRef | None = None


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

    def __init__(self, errand: WatchSurface, photographer: Photographer) -> None:
        self._errand, self._photographer = errand, photographer
        self._shape: tuple[int, ...] = ()
        self._album = _Album()
        self._known: list[Known] = []
        self._at_us: int | None = None
        self._weather_us: int | None = None
        self._blind_us: int | None = None

    def due(self, at_us: int) -> bool:
        """About once a second, by day and night: what nobody drives over may change too."""
        return self._at_us is None or not 0 <= at_us - self._at_us < 0.9 * EVERY_US

    def attend(self, frame: Frame, sighting: Sighting) -> Sighting:
        """The sighting with what has changed on the surface, if it is time to look."""
        if not self.due(frame.at_us):
            if frame.image.shape == self._shape:
                self._memory.passed(frame.at_us, self._ground.covered(self._shades(sighting.tracks)))
            return sighting
        if frame.image.shape != self._shape:
            self._begin(frame.at_us, frame.image.shape)
        gap_us = 0 if self._at_us is None else frame.at_us - self._at_us
        self._at_us = frame.at_us
        if gap_us > BLIND_US:
            self._blind_us = frame.at_us
        seen, level = self._ground.of(frame.image)
        self._memory.look(frame.at_us, seen, self._ground.covered(self._shades(sighting.tracks)))
        found = find_patches(self._memory, self._ground.inside, level)
        self._follow(found)
        self._learn(frame.at_us, max(0.0, min(10.0, gap_us / 1e6)))
        changes = tuple(self._changes())
        self._keep_album(frame, sighting)
        scene = sighting.scene or (self._photographer.store(self._photographer.shot(frame)) if changes else None)
        surfaces = (*sighting.surfaces, self._errand.name)
        return replace(sighting, scene=scene, surfaces=surfaces, changes=(*sighting.changes, *changes))

    def _begin(self, at_us: int, shape: tuple[int, ...]) -> None:
        self._shape = shape
        self._ground = GroundLook(self._errand, shape)
        self._memory = Memory(self._ground.inside)
        self._known = []
        self._quiet_us = at_us + QUIET_US

    def _shades(self, tracks: Iterable[Track]) -> Iterator[Box]:
        """Where tracks stand or pass.

        Detectors take what was lost for a vehicle; but that one never drove there, and few are sure of it.
        """
        for track in tracks:
            still_us = track.still_since_us
            dropped = (
                still_us is not None and still_us - track.first_us < APPROACH_US and track.first_us > self._quiet_us
            )
            if not (dropped and (track.kind in UNTOLD or track.score < WEAK)):
                yield _shade(track)

    def _follow(self, found: list[Patch]) -> None:
        """Each known patch takes up what is found in its place; what nobody takes up is new."""
        kept = []
        for known in self._known:
            own = [patch for patch in found if np.count_nonzero(patch.cells & known.cells)]
            found = [patch for patch in found if not any(patch is one for one in own)]
            if own:
                _taken_up(known, own, self._memory.busy)
            elif np.count_nonzero(known.cells & ~self._memory.busy) >= IN_VIEW * np.count_nonzero(known.cells):
                known.missed += 1
            if known.missed < GONE_LOOKS:
                kept.append(known)
        self._known = kept + [Known(patch.cells, patch.since_us) for patch in found]

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
            if known.votes >= BELIEVED and not known.told:
                known.told = True
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


def _taken_up(known: Known, own: list[Patch], busy: Flags) -> None:
    """A patch as it is seen now; what something hides of it is believed to be there still."""
    cells = known.cells & busy
    for patch in own:
        cells |= patch.cells
    known.cells, known.missed = cells, 0
    step = 1 if any(patch.matter for patch in own) else -1
    known.votes = max(0, min(VOTES_MOST, known.votes + step))


def _shade(track: Track) -> Box:
    """A track with what it may throw on the road: its shadow, its lamps, the edge of its box."""
    box = track.box
    across, down = box.width * 0.25, box.height * 0.2
    return Box(box.left - across, box.top - down / 2, box.right + across, box.bottom + down)
