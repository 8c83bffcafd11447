# SPDX-License-Identifier: Apache-2.0
"""Where a fleet is pointed. A thousand devices are an attack on whoever did not ask for them: so we ask first."""

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edge.contract.problems import ProblemError
from provisioning.address import host_and_port

_WITHIN_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """A broker that is not ours."""

    host: str
    port: int

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"{self.host}:{self.port}"


def target_of(text: str) -> Target:
    """HOST:PORT taken apart. Raises `ProblemError` broker-invalid."""
    return Target(*host_and_port(text))


def is_loopback(host: str) -> bool:
    """Whether the name leads to this machine and nowhere else."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in found)


def reach(target: Target) -> None:
    """Return if somebody listens there. Raises `ProblemError` broker-unreachable."""
    try:
        socket.create_connection((target.host, target.port), _WITHIN_S).close()
    except OSError as failed:
        raise ProblemError(
            "broker-unreachable", broker=target.address, reason=failed.strerror or str(failed)
        ) from failed


def make_sure(target: Target, owned: str | None, ask: Callable[[], str]) -> None:
    """Return if the target is this machine, or if somebody says by its name that it is his.

    `owned` is a name given in advance; else `ask` tells what is about to happen and gives what was typed. Raises
    `ProblemError` fleet-not-confirmed.
    """
    if is_loopback(target.host):
        return
    if (ask() if owned is None else owned).strip() != target.host:
        raise ProblemError("fleet-not-confirmed", host=target.host)
