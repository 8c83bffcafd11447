# SPDX-License-Identifier: Apache-2.0
"""What a session is told before it begins, and what a broker grants it on each connection."""

from dataclasses import dataclass
from typing import Literal

from edge.config.models import Link

NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Limits:
    """What the broker allows on this connection (MQTT 5, 3.2.2.3)."""

    receive_maximum: int = 65_535
    maximum_packet_size: int = 268_435_455
    retain: bool = True
    """Whether it keeps retained messages; where not, none may be sent."""
    session_expiry_s: int | None = None
    """How long it keeps messages for an absent device, where that is not as long as was asked for."""
    keepalive_s: int | None = None
    """How often it wants to hear from the device, where that is not as agreed."""


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How the session behaves; seconds on the session's own monotonic clock."""

    epoch: str
    trust: Literal["hub", "broker"] = "hub"
    window: int = 16
    ack_timeout_s: float = 15.0
    backoff_min_s: float = 0.5
    backoff_max_s: float = 60.0
    brokers: int = 1
    """How many there are; the first is preferred."""
    spread_s: float = 0.0
    """Devices that lost one broker together come back spread over so many seconds."""
    return_after_s: float = NEVER
    """How often the first broker is looked for while another serves."""
    silence_s: float = NEVER
    """How long the line may be without a word before the broker is asked, and then until it is given up."""
    canary_s: float = NEVER
    """How long the hub may be without a word before it is asked for one."""
    begin_s: float = -NEVER
    """Not before this is the first call."""


def session_settings(link: Link, epoch: str, begin_s: float = -NEVER) -> SessionSettings:
    """What the configuration of the link means for its session."""
    return SessionSettings(
        epoch=epoch,
        trust=link.ack,
        window=link.window_batches,
        ack_timeout_s=link.ack_timeout_s,
        backoff_min_s=link.backoff_min_s,
        backoff_max_s=link.backoff_max_s,
        brokers=len(link.brokers),
        spread_s=link.spread_s,
        return_after_s=link.return_after_s,
        silence_s=link.silence_s,
        canary_s=link.canary_s,
        begin_s=begin_s,
    )
