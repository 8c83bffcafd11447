# SPDX-License-Identifier: Apache-2.0
"""Asks devices for a picture of now, while somebody looks: signed `snapshot` commands, faces and plates blurred.

The bench has a key of its own for that. A device obeys it only if its technician has written the key's public half into
the device's configuration.
"""

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from paho.mqtt import MQTTException, publish
from paho.mqtt.client import MQTTv5

from edge.contract.commands import CommandName
from edge.contract.topics import Down, Topics
from edge.identity.file_keystore import FileKeyStore

ISSUER: Final = "dongtou-bench"
_VALID_S: Final = 30
_AT_MOST_EVERY_S: Final = 1.5
"""A page that asks faster, or several that ask at once, keep no device busier than this."""
_PUBLIC: Final = "bench-commands.pub.pem"


class LiveEye:
    """Who looks through the cameras of devices that trust it."""

    def __init__(self, folder: Path, broker: Callable[[], tuple[str, int]]) -> None:
        """Keep the key in `folder`; `broker` tells where devices are reached. Raises `ProblemError` key-unusable."""
        self._keys = FileKeyStore(folder)
        self._broker = broker
        self._asked_s: dict[tuple[str, str], float] = {}
        self.public_key = folder / _PUBLIC
        self.public_key.write_bytes(self._keys.public_pem())

    @property
    def kid(self) -> str:
        """The key's id, as devices must know it."""
        return self._keys.kid

    def ask(self, device: str, camera: str) -> bool:
        """Order a picture; False if the broker cannot be reached. Asked again too soon, it is left at that."""
        now_s = time.monotonic()
        if now_s - self._asked_s.get((device, camera), -_AT_MOST_EVERY_S) < _AT_MOST_EVERY_S:
            return True
        self._asked_s[device, camera] = now_s
        issued = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": device,
            "iat": issued,
            "exp": issued + _VALID_S,
            "jti": f"live-{secrets.token_hex(8)}",
            "cmd": CommandName.SNAPSHOT.value,
            "args": {"camera": camera, "blur": True, "plates": True},
        }
        return self._publish(Topics().down(device, Down.COMMAND), self._keys.sign(claims, "command+jwt"))

    def _publish(self, topic: str, payload: str) -> bool:
        host, port = self._broker()
        try:
            publish.single(topic, payload, qos=1, hostname=host, port=port, protocol=MQTTv5)
        except (OSError, ValueError, MQTTException):
            return False
        return True
