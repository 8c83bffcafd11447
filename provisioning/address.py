# SPDX-License-Identifier: Apache-2.0
"""A broker as it is named on a command line: HOST:PORT."""

from typing import Final

from edge.contract.problems import ProblemError

_MOST: Final = 65535


def host_and_port(text: str, usual: int | None = None) -> tuple[str, int]:
    """Taken apart; an IPv6 address stands in brackets when a port follows. `usual` is the port if none is named.

    Raises `ProblemError` broker-invalid.
    """
    if usual is not None and ":" not in text:
        text = f"{text}:{usual}"
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 0 < int(port) <= _MOST:
        raise ProblemError("broker-invalid", broker=text)
    return host, int(port)
