# SPDX-License-Identifier: Apache-2.0
"""A broker as it is named on a command line."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from edge.config.models import Broker
from edge.contract.problems import ProblemError

_PLAIN, _TLS = 1883, 8883


@dataclass(frozen=True, slots=True)
class AtBroker:
    """HOST or HOST:PORT, and with what one enters."""

    address: str
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


def broker_of(at: AtBroker) -> Broker:
    """The same as a device's configuration has it. Raises `ProblemError` link-unreachable for what is no address."""
    host, colon, port = at.address.rpartition(":")
    usual = _TLS if at.ca_file else _PLAIN
    try:
        return Broker(
            host=host if colon else port,
            port=int(port) if colon else usual,
            username=at.username,
            password_file=at.password_file,
            ca_file=at.ca_file,
            cert_file=at.cert_file,
            key_file=at.key_file,
        )
    except (ValidationError, ValueError) as wrong:
        raise ProblemError("link-unreachable", broker=at.address, reason="that is not HOST:PORT") from wrong
