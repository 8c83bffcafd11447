# SPDX-License-Identifier: Apache-2.0
"""What the agent itself can be ordered to do, and the message loop that leads orders to their desk."""

import asyncio
import os
import signal
from collections.abc import Mapping
from typing import Any

from edge.agent.status import StatusDesk
from edge.commands.desk import CommandDesk, Handler
from edge.contract.commands import CommandName
from edge.contract.problems import ProblemError
from edge.contract.topics import Down, Topic
from edge.link.courier import Courier, OnMessage

_RESTART_AFTER_S = 1.0
"""Time for the result to be sent; it is on disk already and would go after the restart otherwise."""


class Orders:
    """Handlers for commands that need no role."""

    def __init__(self, desk: StatusDesk, courier: Courier) -> None:
        """Act on these."""
        self._desk = desk
        self._courier = courier
        self._restart_asked = asyncio.Event()
        self.handlers: Mapping[CommandName, Handler] = {
            CommandName.STATUS: self._status,
            CommandName.RESYNC: self._resync,
            CommandName.RESTART: self._restart,
        }

    def listen(self, commands: CommandDesk) -> OnMessage:
        """What the courier does with messages that are not acknowledgements."""

        async def hear(topic: Topic, payload: bytes) -> None:
            if topic.channel is Down.COMMAND:
                await commands.take(payload)

        return hear

    async def run(self) -> None:
        """Stop the agent once that was ordered; whoever started it starts it again."""
        await self._restart_asked.wait()
        await asyncio.sleep(_RESTART_AFTER_S)
        os.kill(os.getpid(), signal.SIGTERM)

    async def _status(self, args: dict[str, Any]) -> dict[str, Any]:
        _takes_nothing(args)
        return self._desk.status().model_dump(mode="json", exclude={"answer"})

    async def _resync(self, args: dict[str, Any]) -> dict[str, Any]:
        _takes_nothing(args)
        self._courier.send_again()
        return {}

    async def _restart(self, args: dict[str, Any]) -> dict[str, Any]:
        _takes_nothing(args)
        self._restart_asked.set()
        return {}


def _takes_nothing(args: dict[str, Any]) -> None:
    if args:
        raise ProblemError("command-invalid", reason=f"args: nothing is expected, found {', '.join(sorted(args))}")
