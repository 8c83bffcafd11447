# SPDX-License-Identifier: Apache-2.0
"""A broker as it is named on a command line."""

from dataclasses import dataclass
from pathlib import Path

from edge.config.models import Broker
from provisioning.address import host_and_port

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
    """The same as a device's configuration has it. Raises `ProblemError` broker-invalid for what is no address."""
    host, port = host_and_port(at.address, _TLS if at.ca_file else _PLAIN)
    return Broker(
        host=host,
        port=port,
        username=at.username,
        password_file=at.password_file,
        ca_file=at.ca_file,
        cert_file=at.cert_file,
        key_file=at.key_file,
    )
