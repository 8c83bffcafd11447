# SPDX-License-Identifier: Apache-2.0
"""What the agent itself and its roles can be ordered to do, and the message loop that leads orders to their desk."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pydantic import ValidationError

from edge.agent.pictures import PictureDesk
from edge.agent.role_runner import RoleRunner
from edge.agent.status import StatusDesk
from edge.commands.desk import CommandDesk, Handler
from edge.contract.commands import CommandName
from edge.contract.problems import ProblemError
from edge.contract.topics import Down, Topic
from edge.link.courier import Courier, OnMessage

_RESTART_AFTER_S = 1.0
"""Time for the result to be sent; it is on disk already and would go after the restart otherwise."""


_HEED_WITHIN_S = 20.0
"""A role that waits for room on the disk keeps nobody else waiting: the command fails, and may be sent again."""


class Orders:
    """Handlers for commands."""

    def __init__(
        self,
        desk: StatusDesk,
        courier: Courier,
        runners: Sequence[RoleRunner] = (),
        pictures: PictureDesk | None = None,
    ) -> None:
        """Act on these; what roles heed goes to those."""
        self._desk = desk
        self._courier = courier
        self._restart_asked = asyncio.Event()
        self._runners = runners
        self.handlers: Mapping[CommandName, Handler] = {
            **{name: partial(self._lead, name) for runner in runners for name in runner.orders},
            **({CommandName.SNAPSHOT: pictures.snapshot, CommandName.CLIP: pictures.clip} if pictures else {}),
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

    async def _lead(self, name: CommandName, args: dict[str, Any]) -> dict[str, Any]:
        """To every role that understands it; the command is done once all of them have written down what it means."""
        heeding, wrong = [], ""
        for runner in self._runners:
            if (shape := runner.orders.get(name)) is not None:
                try:
                    heeding.append((runner, shape.model_validate(args)))
                except ValidationError as failed:
                    first = failed.errors(include_url=False)[0]
                    wrong = f"args.{'.'.join(map(str, first['loc']))}: {first['msg']}"
        if not heeding:
            raise ProblemError("command-invalid", reason=wrong)
        try:
            async with asyncio.timeout(_HEED_WITHIN_S):
                for runner, order in heeding:
                    await runner.obey(order)
        except TimeoutError:
            raise ProblemError("command-unheeded", cmd=name.value) from None
        return {"roles": [runner.name for runner, _ in heeding]}

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
