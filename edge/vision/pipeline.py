# SPDX-License-Identifier: Apache-2.0
"""The whole trip of a frame: gate, detector, tracker, pictures, sighting."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from edge.config.models import Camera
from edge.core.tracks import Sighting, Track
from edge.vision.attendants import Attendant
from edge.vision.detector import Detector
from edge.vision.evidence import Photographer
from edge.vision.gate import Gate
from edge.vision.looks import looks_of
from edge.vision.rhythm import Rhythm
from edge.vision.source import Frame
from edge.vision.tracker import Tracker

_LOOK_EVERY_S = 10.0
"""Even with the gate closed: what crept in below its threshold is found by the detector."""


class Pipeline:
    """One camera's frames to sightings. Frames come in the order of their capture times."""

    def __init__(
        self,
        camera: Camera,
        detector: Detector,
        photographer: Photographer,
        attendants: Sequence[Attendant] = (),
    ) -> None:
        self._camera, self._detector, self._photographer = camera, detector, photographer
        self._attendants = attendants
        # A detector that is itself a background model must see the quiet frames too, or it wakes up to an old street.
        self._gate = Gate() if camera.gate and camera.detector.kind != "motion" else None
        self._tracker = Tracker()
        self._tracks: tuple[Track, ...] = ()
        self._open = True
        self._looked_us = 0
        self._rhythm = Rhythm()
        self.watch = Stopwatch()

    @property
    def tracks(self) -> tuple[Track, ...]:
        """What lives, as it was last seen."""
        return self._tracks

    @property
    def dropped(self) -> int:
        """Frames that were due and that nobody could look at in time."""
        return self._rhythm.dropped

    def due(self, at_us: int) -> bool:
        """Whether a frame captured now is due: `fps` a second if anything moves, lives or might, else `idle_fps`."""
        return self._rhythm.due(at_us, self._fps)

    def take(self, at_us: int) -> None:
        """The frame captured now is going to be processed."""
        self._rhythm.take(at_us, self._fps)

    def wants(self, at_us: int) -> bool:
        """Whether a frame is due; counts as taken if so."""
        return self._rhythm.wants(at_us, self._fps)

    def process(self, frame: Frame) -> Sighting | None:
        """What the frame shows; None when there is nothing, and was nothing before."""
        with self.watch.stage("gate"):
            self._open = self._gate is None or self._gate.opens(frame.at_us, frame.image, held=bool(self._tracks))
        asked = any(each.due(frame.at_us) for each in self._attendants)
        if not (self._open or asked) and frame.at_us - self._looked_us < _LOOK_EVERY_S * 1e6:
            return None
        before_us, self._looked_us = self._looked_us or None, frame.at_us
        with self.watch.stage("detect"):
            detections = self._detector.detect(frame.image)
        with self.watch.stage("track"):
            before, self._tracks = self._tracks, self._tracker.update(frame.at_us, detections, looks_of(frame.image))
        with self.watch.stage("evidence"):
            pictures = self._photographer.accompany(frame, self._tracks)
        if not before and not self._tracks and not asked:
            return None
        sighting = Sighting(self._camera.name, frame.at_us, pictures.tracks, pictures.scene, before_us=before_us)
        if self._attendants:
            with self.watch.stage("attend"):
                for each in self._attendants:
                    sighting = each.attend(frame, sighting)
        return sighting

    @property
    def _fps(self) -> float:
        curious = self._gate is not None and self._gate.curious
        return self._camera.fps if self._open or self._tracks or curious else self._camera.idle_fps


class Stopwatch:
    """Mean time of each stage per frame."""

    def __init__(self) -> None:
        self._spent: dict[str, tuple[int, int]] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time inside towards a stage."""
        started_ns = time.perf_counter_ns()
        yield
        count, spent_ns = self._spent.get(name, (0, 0))
        self._spent[name] = (count + 1, spent_ns + time.perf_counter_ns() - started_ns)

    def read(self) -> dict[str, float]:
        """Milliseconds by stage since it was last read."""
        means = {name: round(spent_ns / count / 1e6, 3) for name, (count, spent_ns) in self._spent.items()}
        self._spent.clear()
        return means
