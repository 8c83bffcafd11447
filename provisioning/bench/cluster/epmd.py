# SPDX-License-Identifier: Apache-2.0
"""Erlang's name server, one of the cluster's own: on a port of its own, in the foreground, gone with the cluster."""

import socket
from pathlib import Path
from typing import Final

from provisioning.bench.broker import HOST, free_port
from provisioning.bench.child import Child
from provisioning.bench.service import Service

_START_WITHIN_S: Final = 60.0


class Epmd(Service):
    """Nodes that find no name server start one that nobody ends; this one is there before and leaves after them."""

    def __init__(self, program: Path, log: Path) -> None:
        """Choose a port; `start` starts it."""
        self.port = free_port()
        self._program = program
        self._log = log

    @property
    def environment(self) -> dict[str, str]:
        """What a node must know to find it, and no other."""
        return {"ERL_EPMD_PORT": str(self.port), "ERL_EPMD_ADDRESS": HOST}

    def _launch(self) -> Child:
        command = [str(self._program), "-port", str(self.port), "-address", HOST]
        child = Child("epmd", command, self._log, self.environment)
        child.wait_until(self._accepts, _START_WITHIN_S)
        return child

    def _accepts(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0
