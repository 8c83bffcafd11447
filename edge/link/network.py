# SPDX-License-Identifier: Apache-2.0
"""Tells when an interface or an address comes up, so that nobody waits out a long pause with the network back.

Linux rtnetlink (rtnetlink(7)): a socket in the groups of links and addresses gets a message for every change. What
the message says is not read: a try too many does no harm.
"""

import asyncio
import socket

from edge.link.port import Events, NetworkChanged

_GROUPS = 0x1 | 0x10 | 0x100
"""RTMGRP_LINK, RTMGRP_IPV4_IFADDR and RTMGRP_IPV6_IFADDR."""
_MESSAGE_BYTES = 65_536
_SETTLE_S = 0.5
"""An interface comes up in several steps; the last of them counts."""


async def watch_network(events: Events) -> None:
    """Tell of every change until cancelled. Without netlink (a container may forbid it) there is nothing to tell."""
    loop = asyncio.get_running_loop()
    try:
        line = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
    except OSError:
        await asyncio.Future()
        return
    with line:
        line.bind((0, _GROUPS))
        while True:
            await loop.sock_recv(line, _MESSAGE_BYTES)
            await asyncio.sleep(_SETTLE_S)
            _drop_the_rest(line)
            events.put_nowait(NetworkChanged())


def _drop_the_rest(line: socket.socket) -> None:
    try:
        while line.recv(_MESSAGE_BYTES):
            pass
    except BlockingIOError:
        return
