# SPDX-License-Identifier: Apache-2.0
"""An agent that only talks: a real Unix socket that answers `status`, well or badly, for tests and for showing screens.

`python -m kiosk_ui.fake_agent /tmp/agent.sock` plays a healthy one until it is stopped.
"""

import argparse
import socket
import socketserver
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from pydantic import ValidationError

from edge.contract.local import ASK, MAX_LINE_BYTES, LinkState, Refused, Status, StatusAsked
from edge.contract.problems import Problem

Reply = Callable[[], bytes]


def healthy_status(*, online: bool = True, clock: str = "synced", problems: tuple[str, ...] = ()) -> Status:
    """A status such as an agent in service gives, with what a story needs changed."""
    return Status(
        device="terminal-07",
        agent="0.1.0",
        pid=1,
        boot="5d5a",
        epoch="e1",
        uptime_s=60.0,
        clock=clock,
        roles=("kiosk",),
        link=LinkState(connected=online, broker="127.0.0.1:1883"),
        lanes={},
        problems=tuple(Problem(code=code) for code in problems),
    )


def said(answer: Status | Refused) -> bytes:
    """An answer as it goes over the wire."""
    return answer.model_dump_json().encode() + b"\n"


class FakeAgent:
    """Answers every status question with what `reply` gives; no bytes means that it stays silent."""

    def __init__(self, path: Path, reply: Reply = lambda: said(healthy_status())) -> None:
        """Nothing listens before `start`."""
        self.path = path
        self.reply = reply
        self.asked = 0
        self._server: _Server | None = None

    def start(self) -> None:
        """Listen; a socket file that a killed predecessor left behind is replaced, as the agent does."""
        self.path.unlink(missing_ok=True)
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Vanish as a killed process does: every connection breaks, the socket file stays."""
        if self._server is not None:
            self._server.vanish()
            self._server = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop."""
        self.stop()

    def answer_to(self, line: bytes) -> bytes:
        """What goes back for one line."""
        try:
            ask = ASK.validate_json(line)
        except ValidationError as error:
            return said(Refused(problem=Problem(code="event-invalid", detail={"reason": str(error)})))
        if not isinstance(ask, StatusAsked):
            return said(Refused(problem=Problem(code="role-unknown", detail={"role": "kiosk"})))
        self.asked += 1
        return self.reply()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, agent: FakeAgent) -> None:
        self.agent = agent
        self.conversations: set[socket.socket] = set()
        super().__init__(str(agent.path), _Conversation)

    def vanish(self) -> None:
        self.shutdown()
        for conversation in tuple(self.conversations):
            conversation.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = cast("_Server", self.server)
        server.conversations.add(self.connection)
        try:
            while line := self.rfile.readline(MAX_LINE_BYTES):
                self.wfile.write(server.agent.answer_to(line))
        except OSError:
            return  # the screen hung up in the middle of an answer
        finally:
            server.conversations.discard(self.connection)


def main() -> None:
    """Play a healthy agent until interrupted."""
    parser = argparse.ArgumentParser(description="A healthy agent that only talks.")
    parser.add_argument("socket", type=Path, help="path of the Unix socket to listen on")
    parser.add_argument("--offline", action="store_true", help="say that the hub is out of reach")
    options = parser.parse_args()
    with FakeAgent(options.socket, lambda: said(healthy_status(online=not options.offline))):
        threading.Event().wait()


if __name__ == "__main__":
    main()
