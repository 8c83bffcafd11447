# SPDX-License-Identifier: Apache-2.0
"""The real agent as a child process, and its local socket as any program on the device would use it."""

import socket
import sys
from pathlib import Path
from typing import Final

from edge.contract.local import ANSWER, MAX_LINE_BYTES, Status, StatusAsked
from provisioning.bench.child import Child
from provisioning.bench.service import Service

_START_WITHIN_S: Final = 60.0
_ANSWER_WITHIN_S: Final = 5.0


class AgentProcess(Service):
    """`edge-agent run --config FILE`, with its log beside the file."""

    _stops_within_s = 15.0

    def __init__(self, config: Path, socket_path: Path) -> None:
        """`socket_path` is what the configuration says. `start` starts it."""
        self._config = config
        self._socket = socket_path

    @property
    def log(self) -> Path:
        """What the agent says."""
        return self._config.with_suffix(".log")

    def _launch(self) -> Child:
        command = [sys.executable, "-P", "-m", "edge.agent.main", "run", "--config", str(self._config)]
        child = Child("agent", command, self.log)
        child.wait_until(self._answers, _START_WITHIN_S)
        return child

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
