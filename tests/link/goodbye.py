# SPDX-License-Identifier: Apache-2.0
"""A device as a process: connects, says that it is there, and stays until it is told on stdin to leave, or killed."""

import asyncio
import sys

from edge.config.models import Broker
from edge.link.mqtt import MqttLink
from edge.link.port import Events, Will


async def stay(port: int, topic: str) -> None:
    """Until a line comes in; then say goodbye."""
    events: Events = asyncio.Queue()
    link = MqttLink(Broker(host="127.0.0.1", port=port), "goodbye", 20, 60.0, events)
    await link.open(Will(topic, b"off"), ("dt/1/goodbye/down/+",))
    link.publish(topic, b"on", retain=True)
    await events.get()
    sys.stdout.write("there\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    await link.close(b"bye")


if __name__ == "__main__":
    asyncio.run(stay(int(sys.argv[1]), sys.argv[2]))
