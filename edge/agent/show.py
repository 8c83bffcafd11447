# SPDX-License-Identifier: Apache-2.0
"""The script of a film that shows a replay: what was seen and decided, in order, for a process that can draw."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel

from edge.config.models import Camera
from edge.contract.envelope import TYPE_PREFIX
from edge.contract.problems import ProblemError
from edge.core.outlines import Outline
from edge.core.tracks import Sighting
from edge.vision.script import Decided, Showing, Shown

PAINTER = (sys.executable, "-m", "edge.vision.show")


class ShowScript:
    """Written while the replay goes on; `film` makes the film of it."""

    def __init__(self, camera: Camera, outlines: Sequence[Outline], folder: Path, out: Path) -> None:
        self._camera, self._out, self._path = camera, out, folder / "show.jsonl"
        self._outlines = tuple(one for one in outlines if one.camera == camera.name)
        self._file: BinaryIO | None = None

    def begin(self, first_us: int) -> None:
        """The recording's first frame had this time."""
        if self._file is None:
            self._file = self._path.open("wb")
            camera = self._camera.model_dump(mode="json")
            self._write(Showing(camera=camera, out=str(self._out), outlines=self._outlines, first_us=first_us))

    def saw(self, sighting: Sighting) -> None:
        """One more sighting."""
        self._write(Shown(sighting=sighting))

    def said(self, at_us: int, event_type: str, subject: str | None) -> None:
        """A role has emitted an event."""
        name = event_type.removeprefix(TYPE_PREFIX).rsplit(".v", 1)[0]
        self._write(Decided(at_us=at_us, text=f"{name}  {subject}" if subject else name))

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
