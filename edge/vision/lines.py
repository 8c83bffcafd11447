# SPDX-License-Identifier: Apache-2.0
"""The words between a vision worker and the agent: one JSON object per line, from the worker to the agent only."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from edge.contract.cameras import View
from edge.contract.problems import Problem, ProblemError
from edge.contract.words import Said
from edge.core.errands import Errand
from edge.core.tracks import Sighting

MAX_LINE_BYTES = 256 * 1024
"""Some five hundred tracks. A longer line means that the worker is out of its mind."""


class Saw(Said):
    """All tracks of one frame."""

    line: Literal["saw"] = "saw"
    sighting: Sighting


class Lost(Said):
    """The camera gives no frames; the worker goes on trying."""

    line: Literal["lost"] = "lost"
    problem: Problem


class Back(Said):
    """The camera gives frames, for the first time or again.

    `ahead_us` is what the times of its sightings are ahead of uptime, for as long as the worker lives; `at_us` the
    capture time of the first frame.
    """

    line: Literal["back"] = "back"
    ahead_us: int | None = None
    at_us: int | None = None


class Viewed(Said):
    """What the camera sees of its usual view since when, said when it changes and once at the start."""

    line: Literal["viewed"] = "viewed"
    view: View
    since_us: int
    why: str = ""


class Heartbeat(Said):
    """The worker is alive. Counts since its start; `stage_ms` is the mean per frame since the last heartbeat.

    `at_us` is the capture time of the newest frame. `problem` is what it works in spite of, such as a ring that cannot
    be written.
    """

    line: Literal["heartbeat"] = "heartbeat"
    frames: int = Field(ge=0)
    dropped: int = Field(ge=0)
    tracks: int = Field(ge=0)
    stage_ms: dict[str, float]
    at_us: int | None = None
    problem: Problem | None = None


class Ended(Said):
    """The recording is over for good; with a problem if it broke off."""

    line: Literal["ended"] = "ended"
    problem: Problem | None = None


class Settings(Said):
    """What the worker is told on its standard input, as its first and only line; `camera` is a dumped camera table."""

    camera: dict[str, object]
    ring: str
    models: tuple[str, ...] = ()
    errands: tuple[Annotated[Errand, Field(discriminator="errand")], ...] = ()


Line = Saw | Lost | Back | Viewed | Heartbeat | Ended
_LINE: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="line")])


def encode(line: Line) -> bytes:
    """One line with its end."""
    return line.model_dump_json().encode() + b"\n"


def decode(raw: bytes) -> Line:
    """The line. Raises `ProblemError` vision-line-invalid for anything that `encode` does not write."""
    if len(raw) > MAX_LINE_BYTES:
        raise ProblemError("vision-line-invalid", reason=f"{len(raw)} bytes; {MAX_LINE_BYTES} is the most")
    try:
        return _LINE.validate_json(raw, strict=True)
    except ValidationError as wrong:
        reason = "; ".join(f"{error['loc']}: {error['msg']}" for error in wrong.errors()[:3])
        raise ProblemError("vision-line-invalid", reason=reason) from wrong
