# SPDX-License-Identifier: Apache-2.0
"""What a broker's reason codes mean for what to do next (MQTT 5, 2.4; paho gives those of MQTT 3.1.1 by their equals).

Codes that no table names are taken for the mildest of their kind, so that a broker with codes of its own loses nothing.
"""

from enum import Enum
from typing import Final

FAILURE: Final = 0x80
"""From here on a code says no."""
SESSION_TAKEN_OVER: Final = 0x8E
OTHER_VERSION: Final = 0x84


class Answer(Enum):
    """What the broker said to one publish."""

    HEARD = "heard"
    DEAF = "nobody subscribes"
    """Accepted and thrown away: there is no hub behind this broker."""
    UNWANTED = "not wanted"
    """It will not take messages of this kind from this device, however often they are offered."""
    BUSY = "not now"
    """It may take the same message later."""


class Ending(Enum):
    """Why there is no link, as far as it changes when and how to come back."""

    LOST = "lost"
    SILENT = "silent"
    """Given up by us: each device comes to that at an instant of its own."""
    BUSY = "busy"
    """The broker has too much to do: come back, but not at once."""
    REFUSED = "refused"
    """Coming back will not help before somebody changes something."""
    TAKEN_OVER = "taken over"
    """Another device came with the same name."""
    TOO_MANY = "too many at once"
    TOO_LARGE = "too large"
    TOO_FAST = "too fast"
    ELSEWHERE = "elsewhere"
    """The broker sends its devices to another one."""


_ANSWERS: Final = {
    0x00: Answer.HEARD,
    0x10: Answer.DEAF,
    0x80: Answer.BUSY,  # unspecified error
    0x83: Answer.BUSY,  # implementation specific error
    0x87: Answer.UNWANTED,  # not authorized
    0x90: Answer.UNWANTED,  # topic name invalid
    0x91: Answer.BUSY,  # packet identifier in use
    0x97: Answer.BUSY,  # quota exceeded
    0x99: Answer.UNWANTED,  # payload format invalid
}
_ENDINGS: Final = {
    0x82: Ending.REFUSED,  # protocol error
    0x84: Ending.REFUSED,  # unsupported protocol version
    0x85: Ending.REFUSED,  # client identifier not valid
    0x86: Ending.REFUSED,  # bad user name or password
    0x87: Ending.REFUSED,  # not authorized
    0x88: Ending.BUSY,  # server unavailable
    0x89: Ending.BUSY,  # server busy
    0x8A: Ending.REFUSED,  # banned
    0x8B: Ending.LOST,  # server shutting down
    0x8C: Ending.REFUSED,  # bad authentication method
    0x8D: Ending.LOST,  # keep alive timeout
    0x8E: Ending.TAKEN_OVER,
    0x8F: Ending.REFUSED,  # topic filter invalid
    0x90: Ending.REFUSED,  # topic name invalid
    0x93: Ending.TOO_MANY,  # receive maximum exceeded
    0x95: Ending.TOO_LARGE,  # packet too large
    0x96: Ending.TOO_FAST,  # message rate too high
    0x97: Ending.BUSY,  # quota exceeded
    0x98: Ending.BUSY,  # administrative action
    0x9A: Ending.REFUSED,  # retain not supported
    0x9B: Ending.REFUSED,  # QoS not supported
    0x9C: Ending.ELSEWHERE,  # use another server
    0x9D: Ending.ELSEWHERE,  # server moved
    0x9F: Ending.BUSY,  # connection rate exceeded
    0xA0: Ending.LOST,  # maximum connect time
    0xA2: Ending.REFUSED,  # wildcard subscriptions not supported
}


def answer_of(code: int) -> Answer:
    """What the reason code of a PUBACK says."""
    return _ANSWERS.get(code, Answer.BUSY if code >= FAILURE else Answer.HEARD)


def ending_of(code: int) -> Ending:
    """What the reason code of a CONNACK, SUBACK or DISCONNECT says."""
    return _ENDINGS.get(code, Ending.LOST)
