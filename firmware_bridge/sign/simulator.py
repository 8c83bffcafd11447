# SPDX-License-Identifier: Apache-2.0
"""Signs of one bus as they would behave: they show what they are told, and answer if their kind does."""

from firmware_bridge.sign.codec import FrameError, decode, encode, length
from firmware_bridge.sign.profile import Profile


class SignSimulator:
    """Some signs of a profile. Feed it what arrives, send what it gives back; `shown` is what people see."""

    def __init__(self, profile: Profile, addresses: frozenset[int]) -> None:
        """Begin dark; `deaf` counts frames that shall go unheard."""
        self._profile = profile
        self._addresses = addresses
        self._held = b""
        self.deaf = 0
        self.shown: dict[int, int | None] = {}
        self.frames = 0

    def feed(self, data: bytes) -> bytes:
        """Take bytes in whatever portions; the answers to the frames that they complete."""
        self._held += data
        answers = b""
        size = length(self._profile.frame)
        while len(self._held) >= size:
            try:
                told = decode(self._profile, self._held[:size])
            except FrameError:
                self._held = self._held[1:]
                continue
            frame, self._held = self._held[:size], self._held[size:]
            if told.address not in self._addresses:
                continue
            if self.deaf:
                self.deaf -= 1
                continue
            self.frames += 1
            self.shown[told.address] = told.value
            if self._profile.reply is not None:
                same = self._profile.reply == self._profile.frame
                answers += frame if same else encode(self._profile, told, self._profile.reply)
        return answers
