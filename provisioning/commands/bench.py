# SPDX-License-Identifier: Apache-2.0
"""`provision bench`: a broker, a hub and a page on this machine, for a device to be pointed at."""

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioning.bench.world import Ports, World
from provisioning.console import Terminal

DEFAULT_PORT = 1883
DEFAULT_PAGE_PORT = 8300


def bench(
    *, port: int = DEFAULT_PORT, page_port: int = DEFAULT_PAGE_PORT, folder: Path | None = None, keep: bool = False
) -> int:
    """Run a broker, a hub and a live page on this machine until Ctrl-C."""
    terminal = Terminal()
    with workplace(folder, keep=keep) as place, World(place, terminal.language, Ports(port, page_port)) as world:
        terminal.say("bench.up", broker=world.broker.address, page=world.page.address, folder=place)
        terminal.say("bench.next", port=world.broker.port)
        threading.Event().wait()
    return 0


@contextmanager
def workplace(folder: Path | None, *, keep: bool) -> Iterator[Path]:
    """The folder that was asked for, or a temporary one that goes away unless it shall be kept."""
    place = folder.absolute() if folder else Path(tempfile.mkdtemp(prefix="dongtou-"))
    place.mkdir(parents=True, exist_ok=True)
    try:
        yield place
    finally:
        if folder is None and not keep:
            shutil.rmtree(place, ignore_errors=True)
