# SPDX-License-Identifier: Apache-2.0
"""The device as far as dwell is concerned: pipeline and role, with a clock that is the film's, and restarts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from benchmarks.eyes import OURS, reference
from benchmarks.eyes import detector as eye
from benchmarks.judged.films import Film, Stood
from edge.config.models import Camera, Plates
from edge.config.models import Detector as DetectorSettings
from edge.contract.evidence import CASE_TYPE, DEPARTED_TYPE, OPENED_TYPE
from edge.contract.words import ClockQuality
from edge.core.clock import Now, wall_us
from edge.core.effects import Emit
from edge.core.inputs import CameraChanged, Input, Seen, Started, Ticked
from edge.roles.illegal_parking.role import ROLE
from edge.roles.illegal_parking.rules import step
from edge.roles.illegal_parking.stays import ADAPTER, State
from edge.vision.attendants import attendants
from edge.vision.detector import Detector
from edge.vision.detectors.build import build_detector
from edge.vision.evidence import Photographer, PictureRing, ring_bytes
from edge.vision.pipeline import Pipeline
from edge.vision.source import Frame, Image

TICK_US: Final = 1_000_000
TICKS_AT_MOST: Final = 600
"""A night between two frames is told by so many seconds: a role that hears nothing learns nothing new after that."""
LEAST_SCORE: Final = 0.25
"""Of either detector. YOLOX-nano is asked first: it finds all cars that stand in the lot, ours misses one in eight."""
TILED_FROM_PX: Final = 1000
"""Pictures at least so wide are cut into two by two: a car at the far end is small."""


@dataclass(frozen=True, slots=True)
class Told(Stood):
    """A case, with the last word on how long its vehicle stood and the plate that it was told with."""

    plate: str | None = None


class Watcher:
    """One device before one film. `kind`: the model of the benchmarks, or motion alone.

    With `plates` they are read where the role asks for them; `models` says where a finder that was added lies.
    """

    def __init__(
        self, film: Film, folder: Path, kind: str = "onnx", plates: Plates | None = None, models: Sequence[Path] = ()
    ) -> None:
        self._settings, self._folder, self._kind = film.settings, folder, kind
        self._plates, self._models = plates, models
        self._model = (reference(*models) if kind == "onnx" else None) or OURS
        self._name = film.settings.zones[0].camera
        self._state = State()
        self._pipeline: Pipeline | None = None
        self._detector: Detector | None = None
        self._start_us: int | None = None
        self._ticked_us = 0
        self.opened = 0
        self._cases: dict[str, Told] = {}

    def restart(self) -> None:
        """Agent and vision worker stop and start: what the role had written down is all that is left."""
        self._state = ADAPTER.validate_json(ADAPTER.dump_json(self._state))
        self._pipeline = None

    def look(self, at_us: int, image: Image) -> None:
        """One frame."""
        if self._pipeline is None:
            self._begin(at_us, image)
        assert self._pipeline is not None
        self._tick_until(at_us)
        sighting = self._pipeline.process(Frame(at_us, image))
        if sighting is not None:
            self._step(Seen(self._now(at_us), sighting))

    def end(self) -> list[Told]:
        """All cases. Who stands there still has stood until it was last seen."""
        for stay in self._state.stays:
            if stay.case in self._cases:
                last = replace(self._cases[stay.case], first_us=stay.first_us, last_us=stay.last_us)
                self._cases[stay.case] = last
        return list(self._cases.values())

    def _begin(self, at_us: int, image: Image) -> None:
        if self._detector is None or self._kind == "motion":
            self._detector = self._eye(image)
        camera = Camera.model_validate(
            {
                "name": self._name,
                "source": "film",
                "pace": "fast",
                "fps": 5.0,
                "idle_fps": 5.0,
                "gate": True,
                "detector": {"kind": self._kind, "model": self._model},
                "evidence": {"every_s": 1.0, "ring_mb": 64, "jpeg_quality": 60, "width": 320},
                "plates": self._plates or Plates(),
            }
        )
        photographer = Photographer(PictureRing(self._folder, ring_bytes(camera.evidence)), camera.evidence)
        errands = ROLE.needs.errands(self._settings) if self._plates else ()
        others = attendants(errands, camera, self._models, photographer)
        self._pipeline = Pipeline(camera, self._detector, photographer, others)
        self._start_us = at_us if self._start_us is None else self._start_us
        self._ticked_us = at_us
        self._step(Started(self._now(at_us), "device"))
        self._step(CameraChanged(self._now(at_us), self._name, online=True))

    def _eye(self, image: Image) -> Detector:
        if self._kind == "motion":
            return build_detector(DetectorSettings(kind="motion"), [], self._folder)
        tiles = (2, 2) if image.shape[1] >= TILED_FROM_PX else (1, 1)
        return eye(self._model, *self._models, tiles=tiles, threshold=LEAST_SCORE)

    def _tick_until(self, at_us: int) -> None:
        self._ticked_us = max(self._ticked_us, at_us - TICKS_AT_MOST * TICK_US)
        while self._ticked_us + TICK_US <= at_us:
            self._ticked_us += TICK_US
            self._step(Ticked(self._now(self._ticked_us)))

    def _step(self, happened: Input) -> None:
        self._state, effects = step(self._settings, self._state, happened)
        for effect in effects:
            if isinstance(effect, Emit) and effect.type in {OPENED_TYPE, CASE_TYPE, DEPARTED_TYPE}:
                self._hear(effect)

    def _hear(self, effect: Emit) -> None:
        data = effect.data
        self.opened += effect.type == OPENED_TYPE
        known = self._cases.get(data["case"])
        if effect.type == CASE_TYPE or known is not None:
            plate = known.plate if known is not None else (data["plate"] or {}).get("text")
            self._cases[data["case"]] = Told(data["zone"], _us(data["first_seen"]), _us(data["last_seen"]), plate)

    def _now(self, at_us: int) -> Now:
        return Now(at_us, (at_us - (self._start_us or at_us)) // 1000 + 60_000, ClockQuality.SYNCED)


def _us(text: str) -> int:
    return wall_us(datetime.fromisoformat(text))
