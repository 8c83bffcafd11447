# SPDX-License-Identifier: Apache-2.0
"""Whether anybody is at the other end: the broker, which must answer when asked, and the hub, which must speak."""

from typing import Final

from edge.sync.settings import NEVER, SessionSettings

WITH_ANOTHER_S: Final = 4.5
"""Where there is another broker, a silent one is asked after so long at the latest, and left after twice that."""


class Watch:
    """When the broker and the hub were last heard, and when each was asked."""

    def __init__(self, settings: SessionSettings) -> None:
        """Nothing is watched before `came_up`."""
        several = settings.brokers > 1 and settings.silence_s < NEVER
        self._silence_s = min(settings.silence_s, WITH_ANOTHER_S) if several else settings.silence_s
        self._canary_s = settings.canary_s
        self._heard_s = NEVER
        self._asked_s: float | None = None
        self._hub_s = NEVER
        """When the hub was last heard, or last asked."""

    def came_up(self, now_s: float) -> None:
        """A new link: both have just been heard, as it were."""
        self._heard_s = self._hub_s = now_s
        self._asked_s = None

    def heard(self, at_s: float) -> None:
        """Bytes came from the broker at `at_s`."""
        self._heard_s = max(self._heard_s, at_s)
        if self._asked_s is not None and self._heard_s > self._asked_s:
            self._asked_s = None

    def hub_heard(self, now_s: float) -> None:
        """The hub has spoken."""
        self._hub_s = now_s

    def given_up(self, now_s: float) -> bool:
        """Whether the broker was asked and has not answered: the line is half-open."""
        return self._asked_s is not None and now_s - self._asked_s >= self._silence_s

    def ask_broker(self, now_s: float) -> bool:
        """Whether to ask the broker now; it is then taken for asked."""
        if self._asked_s is not None or now_s - self._heard_s < self._silence_s:
            return False
        self._asked_s = now_s
        return True

    def ask_hub(self, now_s: float) -> bool:
        """Whether to ask the hub for a word now; it is then taken for asked."""
        if now_s - self._hub_s < self._canary_s:
            return False
        self._hub_s = now_s
        return True

    @property
    def next_s(self) -> float:
        """When one of these is due."""
        broker_s = (self._heard_s if self._asked_s is None else self._asked_s) + self._silence_s
        return min(broker_s, self._hub_s + self._canary_s)
