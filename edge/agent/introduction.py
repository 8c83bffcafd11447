# SPDX-License-Identifier: Apache-2.0
"""How the agent introduces itself at the broker: there or gone, and its state. Retained, so said whole."""

from collections.abc import Callable
from dataclasses import dataclass

from edge.agent.release import __version__
from edge.contract.local import Status
from edge.contract.presence import Presence, Reported
from edge.core.clock import Clock


@dataclass(frozen=True, slots=True)
class Introduction:
    """What stays the same about this agent, and whom to ask for the rest."""

    boot_id: str
    boot: int
    epoch: str
    roles: tuple[str, ...]
    clock: Clock
    status: Callable[[], Status]

    def online(self) -> bytes:
        """Presence while we are there."""
        return self._presence(online=True)

    def offline(self) -> bytes:
        """Presence once we are gone; also the will."""
        return self._presence(online=False)

    def reported(self) -> bytes:
        """The state the hub shall know."""
        status = self.status()
        state = status.model_dump(mode="json", include={"agent", "roles", "clock", "cameras"})
        return Reported(revision=self.boot, state=state, problems=status.problems).model_dump_json().encode()

    def _presence(self, *, online: bool) -> bytes:
        said = Presence(
            online=online,
            boot=self.boot_id,
            epoch=self.epoch,
            agent=__version__,
            role=",".join(self.roles) or "relay",
            time=self.clock.now().at,
        )
        return said.model_dump_json().encode()
