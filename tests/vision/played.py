# SPDX-License-Identifier: Apache-2.0
"""A recording seen as fast as this machine can, without an agent and without dropping a frame."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from edge.config.models import Camera
from edge.contract.problems import ProblemError
from edge.core.errands import Errand
from edge.core.tracks import Sighting
from edge.vision.lines import Ended, Saw
from edge.vision.observer import Observer


def watch_recording(
    camera: Camera, ring_folder: Path, models: Sequence[Path] = (), errands: Sequence[Errand] = ()
) -> Iterator[Sighting]:
    """Every sighting of a recording, in order. Raises `ProblemError`, at the end if the recording breaks off."""
    as_fast_as_possible = camera.model_copy(update={"pace": "fast"})
    with closing(Observer(as_fast_as_possible, ring_folder, tuple(models), tuple(errands))) as observer:
        for line in observer.lines():
            match line:
                case Saw(sighting=sighting):
                    yield sighting
                case Ended(problem=problem) if problem is not None:
                    raise ProblemError(problem.code, **problem.detail)
                case _:
                    pass
