# SPDX-License-Identifier: Apache-2.0
"""The script of a film that shows a replay: what was seen and decided, in order, for a process that can draw."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from pydantic import BaseModel

from edge.config.models import Camera
from edge.contract.events import event_in_words
from edge.contract.health import PROBLEM_TYPE
from edge.contract.instants import span
from edge.contract.phrases import phrases
from edge.contract.problems import Language, ProblemError
from edge.contract.words import Lane
from edge.core.effects import Emit
from edge.core.outlines import Outline
from edge.core.tracks import Sighting
from edge.vision.script import Decided, Showing, Shown

PAINTER = (sys.executable, "-P", "-m", "edge.vision.show")
_PLACES: Final = ("space", "surface", "area", "lane", "gate", "zone", "road", "site", "camera")
"""Under these names events tell where something is, the smallest first."""
_COUNTED: Final = ("free", "occupied", "unknown")


class ShowScript:
    """Written while the replay goes on; `film` makes the film of it."""

    def __init__(
        self, camera: Camera, outlines: Sequence[Outline], folder: Path, out: Path, language: Language
    ) -> None:
        self._language = language
        self._camera, self._out, self._path = camera, out, folder / "show.jsonl"
        self._outlines = tuple(one for one in outlines if one.camera == camera.name)
        self._file: BinaryIO | None = None

    def begin(self, first_us: int) -> None:
        """The recording's first frame had this time."""
        if self._file is None:
            self._file = self._path.open("wb")
            camera = self._camera.model_dump(mode="json")
            showing = Showing(
                camera=camera, out=str(self._out), outlines=self._outlines, first_us=first_us, language=self._language
            )
            self._write(showing)

    def saw(self, sighting: Sighting) -> None:
        """One more sighting."""
        self._write(Shown(sighting=sighting))

    def said(self, emit: Emit) -> None:
        """A role has emitted an event; sums of a span are nothing to see."""
        if emit.lane is not Lane.METRIC:
            where = _where(emit.data)
            self._write(Decided(at_us=emit.at.wall_us, text=_told(emit, where, self._language), where=where))

    def film(self) -> None:
        """Draw it. Raises `ProblemError` replay-not-shown."""
        if self._file is None:
            raise ProblemError("replay-not-shown", path=str(self._out), reason="the recording showed no frame")
        self._file.close()
        done = subprocess.run([*PAINTER, str(self._path)], capture_output=True, check=False, text=True)
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            raise ProblemError("replay-not-shown", path=str(self._out), reason=reason)

    def _write(self, line: BaseModel) -> None:
        if self._file is not None:
            self._file.write(line.model_dump_json().encode() + b"\n")


def _where(data: Mapping[str, Any]) -> str:
    """The smallest place that an event names."""
    return next((str(data[key]) for key in _PLACES if data.get(key)), "")


def _told(emit: Emit, where: str, language: Language) -> str:
    """An event in one line: what, where, and what is known of it."""
    data, states = emit.data, phrases("seen", language)
    plate = data.get("plate")
    told = (
        event_in_words(emit.type, language),
        where,
        states.get(f"state-{data.get('state')}", ""),
        span(data["dwell_s"]) if isinstance(data.get("dwell_s"), int | float) else "",
        *(f"{states[f'state-{key}']} {data[key]}" for key in _COUNTED if "total" in data and key in data),
        str(plate.get("text", "")) if isinstance(plate, Mapping) else "",
        str(data["code"]) if emit.type == PROBLEM_TYPE and "code" in data else "",
    )
    return " · ".join(filter(None, told))
