# SPDX-License-Identifier: Apache-2.0
"""What a person is told of a replay: how far it is, and at the end what was looked at, by what, and what was found."""

import os
import shutil
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge.agent.columns import cut
from edge.agent.replay import Tally
from edge.agent.terminal import marks_for
from edge.config.models import Camera
from edge.contract.cameras import ACTIVITY_TYPE
from edge.contract.events import event_in_words
from edge.contract.instants import stamp
from edge.contract.phrases import phrase, phrases
from edge.contract.problems import Language
from edge.core.clock import instant

_TO_END = "\x1b[K"
_AND = {Language.EN: ", ", Language.ZH: "、"}


class Told:
    """Talk of one replay, on stderr."""

    def __init__(self, camera: Camera, roles: tuple[str, ...], language: Language) -> None:
        """`camera` is the one whose settings are used, with the recording as its source."""
        self._camera, self._roles, self._language = camera, roles, language
        self._live = sys.stderr.isatty()
        self._open = False

    def progress(self, tally: Tally) -> None:
        """How far it is, drawn where somebody looks."""
        self._draw("progress", frames=tally.frames, recorded_s=f"{tally.recorded_s:.0f}")

    def drawing(self) -> None:
        """The film is being made, which takes as long again."""
        self._draw("drawing")

    def close(self) -> None:
        """What was drawn goes away: what follows begins on a clean line."""
        if self._open:
            sys.stderr.write(f"\r{_TO_END}")
            self._open = False

    def facts(self, tally: Tally, took_s: float, evidence: Path, film: Path | None) -> dict[str, Any]:
        """The outcome for programs."""
        return {
            "source": self._camera.source,
            "frames": tally.frames,
            "sightings": tally.sightings,
            "tracks": {kind.value: count for kind, count in Counter(tally.kinds.values()).most_common()},
            "recorded_s": round(tally.recorded_s, 1),
            "took_s": round(took_s, 1),
            "detector": self._detector,
            "roles": list(self._roles),
            "events": dict(tally.events),
            "pictures": tally.pictures,
            "evidence": str(evidence) if tally.pictures else None,
            "film": str(film) if film else None,
        }

    def summary(self, facts: Mapping[str, Any], first_us: int) -> None:
        """The outcome for a person, and what to do where nothing came of it."""
        first = stamp(instant(first_us), "seconds")
        self._say("looked", **{**facts, "first": first})
        self._say("by", detector=facts["detector"], roles=", ".join(self._roles) or "–", camera=self._camera.name)
        kinds = _AND[self._language].join(
            f"{count} {phrase(f'seen.many-{kind}', self._language)}" for kind, count in facts["tracks"].items()
        )
        if kinds:
            self._say("found", kinds=kinds, sightings=facts["sightings"])
        else:
            self._say("found-nothing")
            self._next("try-a-model" if self._camera.detector.kind == "motion" else "try-tiles")
        self._events(facts["events"], seen=bool(kinds))
        if facts["pictures"]:
            self._say("pictures", pictures=facts["pictures"], evidence=facts["evidence"])
        if facts["film"]:
            self._say("film", film=facts["film"])

    def _events(self, events: Mapping[str, int], *, seen: bool) -> None:
        if events:
            self._say("events", events=sum(events.values()))
        for kind, count in sorted(events.items()):
            sys.stderr.write(f"  {count:>5}  {kind}  {event_in_words(kind, self._language)}\n")
        if seen and not events.keys() - {ACTIVITY_TYPE}:
            self._say("no-events")
            self._next("look-at-zones")

    @property
    def _detector(self) -> str:
        detector = self._camera.detector
        return f"{detector.kind} {detector.model}" if detector.model else detector.kind

    def _draw(self, key: str, **facts: object) -> None:
        if self._live:
            text = cut(phrase(f"replay.{key}", self._language, **facts), shutil.get_terminal_size().columns - 1)
            sys.stderr.write(f"\r{text}{_TO_END}")
            sys.stderr.flush()
            self._open = True

    def _say(self, key: str, **facts: object) -> None:
        sys.stderr.write(phrase(f"replay.{key}", self._language, **facts) + "\n")

    def _next(self, key: str) -> None:
        arrow = marks_for(sys.stderr, os.environ).arrow
        sys.stderr.write(f"  {arrow} {phrases('replay', self._language)[key]}\n")
