# SPDX-License-Identifier: Apache-2.0
"""How the agent introduces itself at the broker: there or gone, and its state. Retained, so said whole."""

from collections.abc import Callable
from typing import Any

from edge.agent.release import __version__
from edge.contract.local import Status
from edge.contract.presence import Presence, Reported
from edge.contract.problems import Problem
from edge.core.clock import Clock

CHANGES_A_BOOT = 1_000_000
"""Revisions rise through restarts: starts of the store count so much, changes one each."""
_Said = tuple[dict[str, Any], tuple[Problem, ...]]


class Introduction:
    """What stays the same about this agent, and whom to ask for the rest."""

    def __init__(
        self, boot_id: str, boot: int, epoch: str, roles: tuple[str, ...], clock: Clock, status: Callable[[], Status]
    ) -> None:
        """Nothing is said yet."""
        self._boot_id = boot_id
        self._epoch = epoch
        self._roles = roles
        self._clock = clock
        self._status = status
        self._revision = boot * CHANGES_A_BOOT
        self._said: _Said | None = None

    def online(self) -> bytes:
        """Presence while we are there."""
        return self._presence(online=True)

    def offline(self) -> bytes:
        """Presence once we are gone; also the will."""
        return self._presence(online=False)

    def reported(self) -> bytes:
        """The state the hub shall know; its revision rises when it is not what was said last."""
        said = self._state()
        if said != self._said:
            self._said = said
            self._revision += 1
        state, problems = said
        return Reported(revision=self._revision, state=state, problems=problems).model_dump_json().encode()

    def outdated(self) -> bool:
        """Whether the hub was told another state than this."""
        return self._said is not None and self._said != self._state()

    def _state(self) -> _Said:
        """What an operator must know at once; counts that never stand still travel as health."""
        status = self._status()
        state = status.model_dump(mode="json", include={"agent", "roles", "clock"})
        state["cameras"] = [
            camera.model_dump(mode="json", include={"name", "online", "restarts"}) for camera in status.cameras
        ]
        return state, status.problems

    def _presence(self, *, online: bool) -> bytes:
        said = Presence(
            online=online,
            boot=self._boot_id,
            epoch=self._epoch,
            agent=__version__,
            role=",".join(self._roles) or "relay",
            time=self._clock.now().at,
        )
        return said.model_dump_json().encode()
