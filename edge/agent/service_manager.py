# SPDX-License-Identifier: Apache-2.0
"""Talks to systemd through `NOTIFY_SOCKET`: ready, still alive, stopping. Without it, says nothing."""

import asyncio
import os
import socket


class ServiceManager:
    """The notification socket of whoever started us."""

    def __init__(self, environment: dict[str, str]) -> None:
        """Read where to notify and how often."""
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._watchdog_s = int(environment.get("WATCHDOG_USEC", "0")) / 1e6 / 2

    def ready(self) -> None:
        """All parts run."""
        self._notify(f"READY=1\nMAINPID={os.getpid()}")

    def stopping(self) -> None:
        """We are going down on purpose."""
        self._notify("STOPPING=1")

    async def run(self) -> None:
        """Feed the watchdog from the loop that does the work, so that a stuck loop is noticed."""
        while self._address and self._watchdog_s:
            self._notify("WATCHDOG=1")
            await asyncio.sleep(self._watchdog_s)

    def _notify(self, message: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
            door.connect(address)
            door.send(message.encode())
