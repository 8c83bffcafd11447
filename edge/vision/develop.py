# SPDX-License-Identifier: Apache-2.0
"""The agent's side of the darkroom: hands it a job and hears what came of it. Loads no native code."""

import asyncio
import os
import sys
from contextlib import suppress

from edge.contract.problems import ProblemError
from edge.contract.words import Said
from edge.vision.child import QUIET

_DARKROOM = (sys.executable, "-P", "-m", "edge.vision.darkroom")
_WITHIN_S = 120.0


class Job(Said):
    """A clip between two instants of the worker's clock, or without them the newest picture.

    With the name of a `model`, which lies in one of `models` or came along, each picture is searched for people once
    more before it leaves: who was too doubtful to be followed has a face all the same.
    """

    folder: str
    out: str
    from_us: int | None = None
    to_us: int | None = None
    blur: bool = True
    plates: bool = False
    model: str | None = None
    models: tuple[str, ...] = ()


class Developed(Said):
    """How many pictures went into it, and from when to when they are."""

    frames: int = 0
    from_us: int = 0
    to_us: int = 0


async def develop(job: Job) -> Developed:
    """Have it done in a process of its own. Raises `ProblemError` darkroom-failed."""
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(*_DARKROOM, stdin=pipe, stdout=pipe, env=QUIET | os.environ)
    try:
        async with asyncio.timeout(_WITHIN_S):
            said, _ = await child.communicate(job.model_dump_json().encode() + b"\n")
    except TimeoutError:
        raise ProblemError("darkroom-failed", reason=f"not done in {_WITHIN_S:.0f} s") from None
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()
    if child.returncode or not said:
        raise ProblemError("darkroom-failed", reason=f"exit code {child.returncode}")
    return Developed.model_validate_json(said)
