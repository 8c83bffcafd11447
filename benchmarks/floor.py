# SPDX-License-Identifier: Apache-2.0
"""The least a Python program with our libraries costs: loop, SQLite, TLS, paho and pydantic, one of each in use.

`python -m benchmarks.floor --port PORT --database FILE` connects, announces itself on `floor/presence`, and waits.
"""

import argparse
import asyncio
import sqlite3
import ssl

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from pydantic import BaseModel, TypeAdapter

from provisioning.bench.broker import HOST

PRESENCE = "floor/presence"


class Online(BaseModel):
    """What it announces; `online` as an agent says it."""

    online: bool
    sqlite: str
    tls: str


async def main() -> None:
    """Until it is ended."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floor")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database", required=True)
    args = parser.parse_args()
    database = sqlite3.connect(args.database, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, body TEXT)")
    said = Online(online=True, sqlite=sqlite3.sqlite_version, tls=ssl.OPENSSL_VERSION)
    client = Client(CallbackAPIVersion.VERSION2, "floor", protocol=MQTTProtocolVersion.MQTTv5)
    client.on_connect = lambda connected, *_: connected.publish(PRESENCE, TypeAdapter(Online).dump_json(said), 1)
    client.connect(HOST, args.port)
    client.loop_start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
