# SPDX-License-Identifier: Apache-2.0
import socket
import threading
from collections.abc import Iterator

import pytest

from provisioning.bench.cut_link import CutLink


def _echo(listener: socket.socket) -> None:
    while True:
        try:
            line, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(line,), daemon=True).start()


def _answer(line: socket.socket) -> None:
    with line:
        try:
            while said := line.recv(100):
                line.sendall(said)
        except ConnectionError:
            return


@pytest.fixture
def link() -> Iterator[CutLink]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_echo, args=(listener,), daemon=True).start()
        with CutLink(listener.getsockname()[1]) as link:
            yield link
        listener.shutdown(socket.SHUT_RDWR)


def connect(link: CutLink) -> socket.socket:
    return socket.create_connection(("127.0.0.1", link.port), 5)


def test_whole_it_carries(link: CutLink) -> None:
    """While nobody cuts it, the link is a wire."""
    with connect(link) as line:
        line.sendall(b"hello")
        assert line.recv(100) == b"hello"


def test_cut_it_swallows_and_refuses(link: CutLink) -> None:
    """A connection made before hears nothing any more and is not told why; a new one is refused."""
    with connect(link) as before:
        before.sendall(b"1")
        assert before.recv(100) == b"1"
        link.cut()
        before.sendall(b"2")
        before.settimeout(0.2)
        with pytest.raises(TimeoutError):
            before.recv(100)
        with connect(link) as after, pytest.raises(ConnectionError):
            _hear(after)
        link.restore()
        with pytest.raises(ConnectionError):
            _hear(before)


def test_restored_it_carries_again(link: CutLink) -> None:
    """After the repair a new connection works as ever."""
    link.cut()
    link.restore()
    with connect(link) as line:
        line.sendall(b"back")
        assert line.recv(100) == b"back"


def _hear(line: socket.socket) -> None:
    line.settimeout(5)
    if not line.recv(100):
        raise ConnectionResetError
