# SPDX-License-Identifier: Apache-2.0
"""The topic tree, built and parsed here alone: `{root}/{device}/{up|down}/{channel}`, five levels by default."""

import re
from dataclasses import dataclass
from enum import StrEnum

from edge.contract.words import Lane

DEFAULT_ROOT = "dt/1"
"""Contract generation 1; a breaking change is a new root, so both can live on one broker."""

ROOT_PATTERN = r"^[^/+#]+(/[^/+#]+)*$"
"""Levels that are not empty, without wildcards: nobody can publish on `a/+/b`."""

_NAME = re.compile(r"[a-z0-9-]{1,64}")
_BELOW_ROOT = re.compile(r"([^/]*)/([^/]*)/([^/]*)")
_GROUP = re.compile(r"@[a-z0-9-]{1,64}")


class Up(StrEnum):
    """Channels a device writes besides its lanes."""

    PRESENCE = "presence"
    REPORTED = "reported"


class Down(StrEnum):
    """Channels a device reads."""

    ACK = "ack"
    COMMAND = "command"
    DESIRED = "desired"
    REPLY = "reply"
    BLOB = "blob"


Channel = Lane | Up | Down


class TopicError(ValueError):
    """The topic is not one of this contract; the message says at which level it departs."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One parsed topic. `group` is set instead of `device` for `@group` commands."""

    channel: Channel
    device: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics below one configured root."""

    root: str = DEFAULT_ROOT

    def up(self, device: str, channel: Lane | Up) -> str:
        """Topic on which `device` publishes."""
        return f"{self.root}/{device}/up/{channel.value}"

    def down(self, device: str, channel: Down) -> str:
        """Topic that `device` reads."""
        return f"{self.root}/{device}/down/{channel.value}"

    def group_command(self, group: str) -> str:
        """Topic of commands to every member of `group` (without the `@`)."""
        return f"{self.root}/@{group}/down/{Down.COMMAND.value}"

    def everything_up(self) -> str:
        """Wildcard with which a hub hears all devices."""
        return f"{self.root}/+/up/+"

    def everything_down(self, device: str) -> str:
        """Wildcard with which a device hears all that is meant for it alone."""
        return f"{self.root}/{device}/down/+"

    def parse(self, topic: str) -> Topic:
        """Take a topic apart. Raises `TopicError` for anything outside the contract."""
        prefix = f"{self.root}/"
        below = _BELOW_ROOT.fullmatch(topic.removeprefix(prefix))
        if not topic.startswith(prefix) or below is None:
            msg = f"expected {prefix}DEVICE/up|down/CHANNEL, got {topic!r}"
            raise TopicError(msg)
        who, direction, name = below.groups()
        channel = _channel(direction, name)
        if channel is None:
            msg = f"no channel {direction}/{name} in {topic!r}"
            raise TopicError(msg)
        if _NAME.fullmatch(who):
            return Topic(channel, device=who)
        if _GROUP.fullmatch(who) and channel is Down.COMMAND:
            return Topic(channel, group=who[1:])
        msg = f"not a device or group name: {who!r}"
        raise TopicError(msg)


_CHANNELS: dict[tuple[str, str], Channel] = {
    **{("up", lane.value): lane for lane in Lane},
    **{("up", up.value): up for up in Up},
    **{("down", down.value): down for down in Down},
}


def _channel(direction: str, name: str) -> Channel | None:
    return _CHANNELS.get((direction, name))
