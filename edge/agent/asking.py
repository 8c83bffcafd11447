# SPDX-License-Identifier: Apache-2.0
"""One question to the running agent over its socket."""

import socket
from pathlib import Path
from typing import Final

from edge.contract.local import ANSWER, Answered, Asked
from edge.contract.problems import ProblemError

_TIMEOUT_S: Final = 5.0
_READ_BYTES: Final = 65536


def ask(path: Path, question: Asked) -> Answered:
    """What the agent behind the socket `path` says. Raises `ProblemError` agent-unreachable."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(_TIMEOUT_S)
            line.connect(str(path))
            line.sendall(question.model_dump_json().encode() + b"\n")
            heard = b""
            while not heard.endswith(b"\n"):
                part = line.recv(_READ_BYTES)
                if not part:
                    raise ConnectionError("the agent hung up")
                heard += part
    except OSError as failed:
        raise unreachable(path, str(failed)) from failed
    return ANSWER.validate_json(heard)


def unreachable(path: Path, reason: str) -> ProblemError:
    """No agent that understands us is there."""
    return ProblemError("agent-unreachable", socket=str(path), reason=reason)
