# SPDX-License-Identifier: Apache-2.0
"""The life of a role that counts what cameras see and tells its sums span by span: what happens in which order.

What must always be true here: what was counted is told in exactly one summary, also over a restart or when the wall
clock is set; nothing is counted that was dated by a clock which has been set since; silence of a camera that looks
means that nobody is there.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Generic, Literal, TypeVar, assert_never

from pydantic import Field

from edge.contract.evidence import Place
from edge.core.clock import SECOND_US, Now
from edge.core.effects import Effect
from edge.core.inputs import CameraChanged, Input, Ordered, Seen, Started, Ticked
from edge.core.tables import Closed
from edge.core.tracks import Sighting
from edge.core.windows import LATE_US, REMEMBER_US, Timeline, Window

Effects = tuple[Effect, ...]

STALE_US = 3 * SECOND_US
"""A last look older than this says nothing of who is there now."""


class CountingSettings(Closed):
    """What a technician writes for every such role."""

    place: Place
    summary_min: Literal[1, 2, 5, 10, 15, 30, 60] = Field(default=5, description="minutes that a summary covers")

    @property
    def span_us(self) -> int:
        """What a summary covers."""
        return self.summary_min * 60 * SECOND_US

    @property
    @abstractmethod
    def cameras(self) -> frozenset[str]:
        """All that look at its places."""
        ...


@dataclass(frozen=True, slots=True)
class CountingState:
    """What every such role remembers, beside its places."""

    time: Timeline = field(default_factory=Timeline)


C = TypeVar("C", bound=CountingSettings)
S = TypeVar("S", bound=CountingState)


@dataclass(frozen=True, slots=True)
class Counting(Generic[C, S]):
    """What a role adds to this life, each as a function that leaves the state's time alone.

    `known` is the state of the places that there still are, after a start; `afresh` that of places which are looked at
    anew since the clock was set; `unseen` that after a camera was lost or is back, for which whoever was in view is
    somebody else. `ended` gives all summaries of a span, and sums begun anew. `silent` names cameras of which nothing
    was heard for `STALE_US` before an instant, and whose silence changes something. `looked` is one look.
    """

    known: Callable[[C, S], S]
    afresh: Callable[[S, Now], S]
    unseen: Callable[[C, S, str, Now], S]
    ended: Callable[[C, S, Window, Now], tuple[S, Effects]]
    silent: Callable[[C, S, int], Iterable[str]]
    looked: Callable[[C, S, Sighting, Now], tuple[S, Effects]]

    def step(self, settings: C, state: S, happened: Input) -> tuple[S, Effects]:
        """The whole role. The same state object comes back when nothing of importance has changed."""
        if not state.time.device and not isinstance(happened, Started):
            return state, ()
        match happened:
            case Started(now=now, device=device):
                state = replace(self.known(settings, state), time=state.time.started(now, device))
                return self._reached(settings, state, now, now.wall_us)
            case Ticked(now=now):
                state, said = self._checked(settings, state, now)
                state, more = self._reached(settings, state, now, now.wall_us - LATE_US)
                state, last = self._quiet(settings, state, now)
                return state, (*said, *more, *last)
            case CameraChanged(now=now, camera=camera, online=online):
                state, said = self._checked(settings, state, now)
                return self._turned(settings, state, now, camera, online=online), said
            case Seen(now=now, sighting=sighting):
                state, said = self._checked(settings, state, now)
                if state.time.deaf(now) or sighting.camera not in settings.cameras:
                    return state, said
                state = self._turned(settings, state, now, sighting.camera, online=True)
                # Where somebody is seen the state changes anyway, and with it goes how long was looked.
                every_us = 0 if sighting.tracks else REMEMBER_US
                state, more = self._reached(settings, state, now, sighting.at_us, every_us=every_us)
                state, last = self.looked(settings, state, sighting, now)
                return state, (*said, *more, *last)
            case Ordered():
                return state, ()
        assert_never(happened)

    def _checked(self, settings: C, state: S, now: Now) -> tuple[S, Effects]:
        """When the wall clock is set, what was summed up so far is told as it is, and a new span begins."""
        time, ended = state.time.checked(now)
        if time is state.time:
            return state, ()
        state, said = self.ended(settings, state, ended, now) if ended else (state, ())
        return replace(self.afresh(state, now), time=time), said

    def _reached(
        self, settings: C, state: S, now: Now, at_us: int, *, every_us: int = REMEMBER_US
    ) -> tuple[S, Effects]:
        window, ended = state.time.window.reached(at_us, settings.span_us, every_us=every_us)
        if window is state.time.window:
            return state, ()
        state = replace(state, time=replace(state.time, window=window))
        return self.ended(settings, state, ended, now) if ended else (state, ())

    def _turned(self, settings: C, state: S, now: Now, camera: str, *, online: bool) -> S:
        window = state.time.window.turned(camera, now.wall_us, settings.span_us, online=online)
        if window is state.time.window:
            return state
        return replace(self.unseen(settings, state, camera, now), time=replace(state.time, window=window))

    def _quiet(self, settings: C, state: S, now: Now) -> tuple[S, Effects]:
        """Vision is silent while nobody is there, so a camera that is there has looked at an empty place."""
        at_us = now.wall_us - LATE_US
        said: list[Effect] = []
        for camera in self.silent(settings, state, at_us):
            if state.time.window.looks(camera):
                state, effects = self.looked(settings, state, Sighting(camera, at_us, ()), now)
                said += effects
        return state, tuple(said)
