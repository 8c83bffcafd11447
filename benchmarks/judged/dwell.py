# SPDX-License-Identifier: Apache-2.0
"""How long who stood where, and which stays became cases: time-stamped frames through the device's pipeline and role.

`data` holds frames, or folders of frames, each folder one camera's film. A frame's name says when it was taken:
`2013-02-24_06_15_00.jpg`, `2013-02-24T06:15:00.250+08:00.png`, `20130224_061500_250.jpg`, or seconds since 1970.

A zones file lies in `data` or in a folder of frames: `zones.toml` or `zones.json`, the role's own table
(`zones = [{name, polygon, limit_s, grace_s, …}]`, see docs/how-to/no-stopping-zone.md) or a list of zones alone.
`camera` may be left out, and names the folder where there are several; corners may be pixels; `limit_s` is 300 where
nothing is said, `place` is not needed.

Truth, if there is any, is `truth.json` (a list, or `cases`) or `truth.csv` beside the zones file: for each vehicle that
stood `zone`, `first_seen`, and `last_seen` or `dwell_s`, and `camera` where there are several. Who stood for less than
the limit is no case. `wrong` counts cases that are none and those that were missed, `dwell_error_s` is the mean error
of the dwell of those that were found. Without truth nothing is known to be wrong: `wrong` and `dwell_error_s` are null.
YOLOX-nano looks where its weights are, else the detector that ships.

A folder without a zones file but with `parking/empty_sunday` is judged by composites of known truth: see `composites`.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.figures import Figures, progress
from benchmarks.judged.composites import composites
from benchmarks.judged.device import Told, Watcher
from benchmarks.judged.films import Film, Stood, films

ONE_S: Final = 1.0


def measure(data: Path) -> Figures:
    """`cases`, how many are `wrong`, and the mean error of their dwell; case by case on stderr.

    Raises `OSError` without anything to judge, `ValueError` naming the file that cannot be understood.
    """
    cv2.setNumThreads(1)
    found = films(data)
    if not found and (data / "parking" / "empty_sunday").is_dir():
        found = composites(data / "parking")
    if not found:
        raise FileNotFoundError(
            "it holds neither zones.toml or zones.json with frames whose names say when they were taken, such as "
            "2013-02-24_06_15_00.jpg, nor parking/empty_sunday"
        )
    cases, wrong, errors, judged = 0, 0, list[float](), True
    for film in found:
        told = watched(film, (data / "models",))
        cases += len(told)
        if film.truth is None:
            judged = False
            progress(f"  {film.name}: {len(told)} cases; there is no truth.json or truth.csv to judge them by")
            continue
        amiss, off = judge(told, film.truth, film)
        wrong += amiss
        errors += off
    error_s = round(float(np.mean(errors)), 3) if errors else 0.0
    return {"cases": cases, "wrong": wrong if judged else None, "dwell_error_s": error_s if judged else None}


def watched(film: Film, models: tuple[Path, ...] = ()) -> list[Told]:
    """The cases that the device makes of a film, with the dwell at their end. Raises `ValueError` without a frame."""
    looked = 0
    with tempfile.TemporaryDirectory() as folder:
        watcher = Watcher(film, Path(folder), models=models)
        for at_us, image in film.frames:
            if at_us in film.restarts:
                watcher.restart()
            watcher.look(at_us, image)
            looked += 1
        if not looked:
            raise ValueError(f"no frame of {film.name} can be read")
        progress(f"  {film.name}: {looked} frames")
        return watcher.end()


def judge(told: Iterable[Told], truth: Iterable[Stood], film: Film) -> tuple[int, list[float]]:
    """How many cases are wrong, made up or missed, and by how much the dwell of the others is."""
    due = [one for one in truth if one.dwell_s >= film.limits_s[one.zone]]
    errors = []
    made_up = 0
    for case in told:
        same = [one for one in due if one.zone == case.zone and _common_s(case, one) > 0]
        if not same:
            made_up += 1
            progress(f"  {film.name}: made up  {_words(case)}")
            continue
        best = max(same, key=lambda one: _common_s(case, one))
        due.remove(best)
        errors.append(abs(case.dwell_s - best.dwell_s))
        progress(f"  {film.name}: {_words(case)}, in truth {best.dwell_s:.1f} s")
    for one in due:
        progress(f"  {film.name}: missed   {one.zone} from {one.first_us / 1e6:.1f} for {one.dwell_s:.1f} s")
    return made_up + len(due), errors


def _common_s(case: Told, truth: Stood) -> float:
    return (min(case.last_us, truth.last_us) - max(case.first_us, truth.first_us)) / 1e6 + ONE_S


def _words(case: Told) -> str:
    return f"{case.zone} from {case.first_us / 1e6:.1f} for {case.dwell_s:.1f} s"
