# SPDX-License-Identifier: Apache-2.0
"""Made-up films for the tracker: things that move and stand, detectors that blink, shake and lose frames."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from edge.core.geometry import Box
from edge.core.tracks import Kind, Track
from edge.vision.detector import Detection
from edge.vision.tracker import Tracker

CAR = (0.12, 0.08)
"""Width and height of a car, fractions of the picture."""

Path = Callable[[float], tuple[float, float] | None]
"""Where the middle of a thing is at a time in seconds; None while it is not there."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One actor: where it is when, how it looks, and how sure a detector is of it."""

    path: Path
    size: tuple[float, float] = CAR
    kind: Kind = Kind.CAR
    score: float = 0.8

    def at(self, second: float) -> Detection | None:
        middle = self.path(second)
        if middle is None:
            return None
        (x, y), (width, height) = middle, self.size
        return Detection(self.kind, self.score, Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2))


Frame = tuple[int, list[Detection]]


def stands(x: float, y: float, since: float = 0.0, until: float = float("inf")) -> Path:
    return lambda second: (x, y) if since <= second < until else None


def parks(x: float, y: float, at: float, until: float = float("inf"), speed: float = 0.15) -> Path:
    """Comes in from the left, stands at (x, y) from `at` to `until`, and leaves to the right."""

    def path(second: float) -> tuple[float, float] | None:
        here = x + speed * min(0.0, second - at) + speed * max(0.0, second - until)
        return (here, y) if -0.1 < here < 1.1 else None

    return path


def passes(y: float, at: float, speed: float = 0.3) -> Path:
    """Crosses the picture from left to right, in the middle at `at`; a negative speed goes to the left."""

    def path(second: float) -> tuple[float, float] | None:
        here = 0.5 + speed * (second - at)
        return (here, y) if -0.1 < here < 1.1 else None

    return path


def film(things: Sequence[Thing], seconds: float, fps: float = 5.0, begin: float = 0.0) -> Iterator[Frame]:
    for number in range(round(seconds * fps)):
        second = begin + number / fps
        found = [found for thing in things if (found := thing.at(second)) is not None]
        yield round(second * 1e6) + 1, found


def shaken(frames: Iterable[Frame], chance: random.Random, by: float = 0.04) -> Iterator[Frame]:
    """Every edge of every box off by up to `by` of its size."""
    for at_us, found in frames:
        yield at_us, [replace(one, box=_shake(one.box, chance, by)) for one in found]


def _shake(box: Box, chance: random.Random, by: float) -> Box:
    across, down = by * box.width, by * box.height
    return Box(
        box.left + chance.uniform(-across, across),
        box.top + chance.uniform(-down, down),
        box.right + chance.uniform(-across, across),
        box.bottom + chance.uniform(-down, down),
    )


def blinking(frames: Iterable[Frame], chance: random.Random, seen: float) -> Iterator[Frame]:
    """Each detection is there with probability `seen`."""
    for at_us, found in frames:
        yield at_us, [one for one in found if chance.random() < seen]


def dropped(frames: Iterable[Frame], chance: random.Random, kept: float) -> Iterator[Frame]:
    """Each frame arrives with probability `kept`."""
    return (frame for frame in frames if chance.random() < kept)


def play(frames: Iterable[Frame], tracker: Tracker | None = None) -> list[tuple[int, tuple[Track, ...]]]:
    tracker = tracker or Tracker()
    return [(at_us, tracker.update(at_us, found)) for at_us, found in frames]


def near(tracks: Sequence[Track], x: float, y: float) -> Track | None:
    """The track that stands at (x, y), if one does."""
    return next((one for one in tracks if abs(one.box.centre.x - x) < 0.06 and abs(one.box.centre.y - y) < 0.04), None)
