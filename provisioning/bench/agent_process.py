# SPDX-License-Identifier: Apache-2.0
"""The real agent as a child process, and its local socket as any program on the device would use it."""

import socket
import sys
from pathlib import Path
from typing import Final, Self

from edge.contract.local import ANSWER, MAX_LINE_BYTES, Status, StatusAsked
from provisioning.bench.child import Child

_START_WITHIN_S: Final = 30.0
_ANSWER_WITHIN_S: Final = 5.0


class AgentProcess:
    """`edge-agent run --config FILE`, with its log beside the file."""

    def __init__(self, config: Path, socket_path: Path) -> None:
        """`socket_path` is what the configuration says. `start` starts it."""
        self._config = config
        self._socket = socket_path
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """Process id; None while it is down."""
        return self._child.pid if self._child else None

    @property
    def log(self) -> Path:
        """What the agent says."""
        return self._config.with_suffix(".log")

    def start(self) -> Self:
        """Start and wait until it answers. Raises `ProblemError` when it does not."""
        command = [sys.executable, "-m", "edge.agent.main", "run", "--config", str(self._config)]
        self._child = Child("agent", command, self.log)
        self._child.wait_until(self._answers, _START_WITHIN_S)
        return self

    def stop(self) -> None:
        """End it politely."""
        if self._child:
            self._child.stop(within_s=15.0)
        self._child = None

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._child:
            self._child.kill()
        self._child = None

    def status(self) -> Status | None:
        """How it is; None while it does not answer."""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(_ANSWER_WITHIN_S)
                line.connect(str(self._socket))
                line.sendall(StatusAsked().model_dump_json().encode() + b"\n")
                with line.makefile("rb") as answers:
                    heard = answers.readline(MAX_LINE_BYTES)
        except OSError:
            return None
        answer = ANSWER.validate_json(heard) if heard else None
        return answer if isinstance(answer, Status) else None

    def _answers(self) -> bool:
        return self.status() is not None
