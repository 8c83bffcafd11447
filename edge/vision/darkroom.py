# SPDX-License-Identifier: Apache-2.0
"""A short-lived process that makes a picture or a clip out of a recording, with faces blurred unless told otherwise.

One line of JSON in, one out. `python -m edge.vision.darkroom`.
"""

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from edge.vision.develop import Developed, Job
from edge.vision.jpeg import packed, unpacked
from edge.vision.recorder import Shot, blurred, newest, shots
from edge.vision.source import Image

_QUALITY = 85
_FPS = 5.0
"""Of a clip. Each tick shows the newest picture there was, so that a clip lasts as long as what it shows."""


def main() -> int:
    """Do the one job."""
    cv2.setNumThreads(1)
    job = Job.model_validate_json(sys.stdin.buffer.readline())
    sys.stdout.write(develop(job).model_dump_json() + "\n")
    return 0


def develop(job: Job) -> Developed:
    """Write `job.out`; without anything recorded there, nothing is written and `frames` is 0."""
    folder = Path(job.folder)
    if job.from_us is None or job.to_us is None:
        last = newest(folder)
        return _picture(job, last) if last else Developed()
    return _clip(job, shots(folder, job.from_us, job.to_us))


def _picture(job: Job, shot: Shot) -> Developed:
    Path(job.out).write_bytes(packed(_image(job, shot), _QUALITY))
    return Developed(frames=1, from_us=shot.at_us, to_us=shot.at_us)


def _clip(job: Job, recorded: Iterator[Shot]) -> Developed:
    first = next(recorded, None)
    if first is None:
        return Developed()
    image, last_us, ticks, frames = _image(job, first), first.at_us, 0, 0
    size = (image.shape[1], image.shape[0])
    writer = cv2.VideoWriter(job.out, cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), _FPS, size)
    for shot in chain([first], recorded):
        while first.at_us + ticks * 1e6 / _FPS < shot.at_us:
            writer.write(image)
            ticks += 1
        image, last_us, frames = _image(job, shot), shot.at_us, frames + 1
        if (image.shape[1], image.shape[0]) != size:
            image = np.asarray(cv2.resize(image, size), np.uint8)
    writer.write(image)
    writer.release()
    return Developed(frames=frames, from_us=first.at_us, to_us=last_us)


def _image(job: Job, shot: Shot) -> Image:
    image = unpacked(shot.jpeg)
    if job.blur:
        blurred(image, shot, plates=job.plates)
    return image


if __name__ == "__main__":
    raise SystemExit(main())
