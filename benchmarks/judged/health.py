# SPDX-License-Identifier: Apache-2.0
"""Whether a lost view is told within half a minute, and whether what is none never is.

Each fixed camera that the pictures make (`views`) is watched for three quarters of a minute as it is. Then something
happens to it (`mishaps`) and goes on for half a minute, or for a minute and a half where it is no loss. Cameras of
single pictures cannot freeze: nothing moves in them anyway.
"""

import copy
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.figures import Figures, median, progress
from benchmarks.judged.mishaps import Happening, controls, framed, losses
from benchmarks.judged.views import Scene, grains, scenes
from edge.vision.health import Health
from edge.vision.source import Image

BEFORE_S: Final = 45.0
WITHIN_S: Final = 30.0
CONTROL_S: Final = 100.0
RATES: Final = (2.0, 5.0)
HELD_RATE: Final = 1.0
"""Of pictures that are held: a look comes once a second whatever the rate."""
START_US: Final = 1_750_000_000_000_000


@dataclass(frozen=True, slots=True)
class Trial:
    """One thing that happens to a camera. `view` is what should be told, "" if nothing."""

    view: str
    strength: str
    happening: Happening


def measure(data: Path) -> Figures:
    """Mishaps told of all, false alarms among controls, milliseconds a look. Raises `OSError` without pictures."""
    found = scenes(data)
    if not found:
        raise FileNotFoundError(f"neither clips nor pictures of fixed cameras in {data}")
    told: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    costs_ms: list[float] = []
    for scene in found:
        for fps in RATES if scene.moves else (HELD_RATE,):
            for trial, heard in _heard(scene, fps, costs_ms):
                right = trial.view in heard if trial.view else not heard
                name = f"{trial.view or 'control'} {trial.strength}"
                tried[name] += 1
                told[name] += right
                if not right:
                    progress(f"  {scene.name} at {fps:.0f} fps: {name}: told {', '.join(heard) or 'nothing'}")
    for name, count in tried.items():
        progress(f"  {name:<24} {told[name]} of {count} right")
    lost = [name for name in tried if not name.startswith("control")]
    kept = [name for name in tried if name.startswith("control")]
    return {
        "told": sum(told[name] for name in lost),
        "mishaps": sum(tried[name] for name in lost),
        "false_alarms": sum(tried[name] - told[name] for name in kept),
        "controls": sum(tried[name] for name in kept),
        "ms": round(median(costs_ms), 3),
        "shares": {name: f"{told[name]}/{tried[name]}" for name in tried},
    }


def _heard(scene: Scene, fps: float, costs_ms: list[float]) -> Iterator[tuple[Trial, list[str]]]:
    """What is told of each thing that happens to one camera; all begin with the same time as usual before."""
    for turned in (False, True):
        usual, before = Health(), []
        for at_s, image in _film(scene, 0.0, BEFORE_S, fps):
            before += _looked(usual, at_s, framed(image) if turned else image, costs_ms)
        for trial in _trials(scene, turned=turned):
            health, heard = copy.deepcopy(usual), [f"{view} before" for view in before[1:]]
            for at_s, image in _film(scene, BEFORE_S, BEFORE_S + (WITHIN_S if trial.view else CONTROL_S), fps):
                heard += _looked(health, at_s, trial.happening(image, at_s - BEFORE_S), costs_ms)
            yield trial, heard


def _trials(scene: Scene, *, turned: bool) -> Iterator[Trial]:
    """Those before a camera that sees the whole picture, or those that turn one which sees its middle."""
    for view, kinds in losses().items():
        if (view == "turned") == turned and (scene.moves or view != "frozen"):
            yield from (Trial(view, kind, happening) for kind, happening in kinds.items())
    if not turned:
        yield from (Trial("", kind, happening) for kind, happening in controls().items())


def _looked(health: Health, at_s: float, image: Image, costs_ms: list[float]) -> list[str]:
    begun = time.perf_counter()
    found = health.look(START_US + round(at_s * 1e6), image)
    if at_s.is_integer():
        costs_ms.append((time.perf_counter() - begun) * 1e3)
    return [found.view] if found else []


def _film(scene: Scene, from_s: float, to_s: float, fps: float) -> Iterator[tuple[float, Image]]:
    grain = grains(scene)
    for number in range(round(from_s * fps), round(to_s * fps)):
        at_s = number / fps
        image = scene.at(at_s)
        yield at_s, image if scene.moves else np.asarray(np.clip(image + next(grain), 0, 255), np.uint8)
