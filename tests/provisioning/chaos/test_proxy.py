# SPDX-License-Identifier: Apache-2.0
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provisioning.bench.chaos.fault import Fault, Kind, Way
from provisioning.bench.chaos.plan import BARE, draw, written
from provisioning.bench.chaos.proxy import Proxy

WITHIN_S = 200.0


class Echo:
    """Says back what it hears; counts the connections that ended."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.ended: list[str] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        with line:
            try:
                while said := line.recv(100):
                    line.sendall(said)
                self.ended.append("file")
            except ConnectionError:
                self.ended.append("reset")


@pytest.fixture
def echo() -> Iterator[Echo]:
    made = Echo()
    yield made
    made.close()


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), WITHIN_S)


SHORT_S = 0.2
"""How long it must stay silent to count as silent."""


def hear(line: socket.socket, within_s: float = WITHIN_S) -> str:
    """What becomes of the next wait: the bytes, or how the line ended, or silence."""
    line.settimeout(within_s)
    try:
        return line.recv(100).decode() or "file"
    except ConnectionError:
        return "reset"
    except TimeoutError:
        return "silence"


def refused(port: int) -> bool:
    """Whether a new connection is reset, be it while it is made or right after."""
    try:
        with socket.create_connection(("127.0.0.1", port), WITHIN_S) as line:
            return hear(line) == "reset"
    except ConnectionError:
        return True


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_without_a_plan_it_is_a_wire(echo: Echo) -> None:
    """Nothing happens to a connection that no turn is left for."""
    with Proxy(echo.port) as proxy, connect(proxy) as line:
        line.sendall(b"hello")
        assert line.recv(100) == b"hello"
    assert proxy.struck == []


def test_cut_it_swallows_and_refuses(echo: Echo) -> None:
    """A connection made before hears nothing any more and is not told why; a new one is refused."""
    with Proxy(echo.port) as proxy, connect(proxy) as before:
        before.sendall(b"1")
        assert before.recv(100) == b"1"
        proxy.cut()
        before.sendall(b"2")
        assert hear(before, SHORT_S) == "silence"
        assert refused(proxy.port)
        proxy.restore()
        assert hear(before) == "reset"


def test_restored_it_carries_again(echo: Echo) -> None:
    """After the repair a new connection works as ever."""
    with Proxy(echo.port) as proxy:
        proxy.cut()
        proxy.restore()
        with connect(proxy) as line:
            line.sendall(b"back")
            assert line.recv(100) == b"back"


@pytest.mark.parametrize(
    ("kind", "way", "near", "far"),
    [
        (Kind.HALF, Way.UP, "file", 1),
        (Kind.RESET, Way.UP, "reset", 1),
        (Kind.BLACK_HOLE, Way.UP, "silence", 0),
        (Kind.BLACK_HOLE, Way.BOTH, "silence", 0),
        (Kind.HALF_OPEN, Way.UP, "silence", 1),
        (Kind.HALF_OPEN, Way.DOWN, "reset", 0),
    ],
)
def test_each_end_looks_as_it_should(echo: Echo, kind: Kind, way: Way, near: str, far: int) -> None:
    """After two bytes of four: what the device hears at last, and whether the line ends at the broker at all."""
    with Proxy(echo.port, [Fault(turn=0, kind=kind, way=way, after=2)]) as proxy, connect(proxy) as line:
        line.sendall(b"abcd")
        eventually(lambda: len(proxy.struck) == 1)
        heard = "ab"
        while heard in "abcd":
            heard = hear(line, SHORT_S if near == "silence" else WITHIN_S)
        assert heard == near
        eventually(lambda: len(echo.ended) >= far)
        assert len(echo.ended) == far


def test_closed_connections_are_turns_as_well(echo: Echo) -> None:
    """Refused at once, accepted and never answered, and then served."""
    plan = [Fault(turn=0, kind=Kind.REFUSE), Fault(turn=1, kind=Kind.MUTE)]
    with Proxy(echo.port, plan) as proxy:
        assert refused(proxy.port)
        with connect(proxy) as line:
            line.sendall(b"hello")
            assert hear(line, SHORT_S) == "silence"
        with connect(proxy) as line:
            line.sendall(b"hello")
            assert line.recv(100) == b"hello"
        assert [struck.fault for struck in proxy.struck] == plan
        assert len(proxy.accepted_s) == 3
        assert proxy.left == 0


def test_what_a_connection_was_spared_the_next_one_suffers(echo: Echo) -> None:
    """A connection that ends by itself leaves the rest of its turn to the one after it, so each fault strikes once."""
    late = Fault(turn=0, kind=Kind.RESET, after=5)
    with Proxy(echo.port, [late]) as proxy:
        with connect(proxy) as line:
            line.sendall(b"abc")
            assert line.recv(100) == b"abc"
        with connect(proxy) as line:
            line.sendall(b"abcdef")
            eventually(lambda: hear(line) == "reset")
        assert [(struck.fault, struck.connection) for struck in proxy.struck] == [(late, 2)]
        with connect(proxy) as line:
            line.sendall(b"ok")
            assert line.recv(100) == b"ok"
        assert len(proxy.noticed_s) == 1


def test_a_plan_can_grow(echo: Echo) -> None:
    """Turns that are added while it runs come after those that are left, and strike new connections."""
    first, second = Fault(turn=0, kind=Kind.REFUSE), Fault(turn=0, kind=Kind.RESET, after=1)
    with Proxy(echo.port, [first]) as proxy:
        proxy.add([second])
        assert proxy.left == 2
        assert refused(proxy.port)
        with connect(proxy) as line:
            line.sendall(b"x")
            assert hear(line) in {"reset", "x"}
        assert [struck.fault for struck in proxy.struck] == [first, second]


def test_calm_ends_the_storm(echo: Echo) -> None:
    """What is left of a plan can be called off."""
    with Proxy(echo.port, draw(1, 1, BARE)) as proxy:
        proxy.calm()
        with connect(proxy) as line:
            line.sendall(b"hello" * 1000)
            assert line.recv(5)
        assert (proxy.left, proxy.struck) == (0, [])


def test_a_person_can_run_it(echo: Echo, tmp_path: Path) -> None:
    """The command prints a plan it can be given back, tells where it listens and what struck, and ends on Ctrl-C."""
    plan = tmp_path / "plan.jsonl"
    plan.write_text(written([Fault(turn=0, kind=Kind.REFUSE)]), "utf-8")
    command = [sys.executable, "-m", "provisioning.bench.chaos", "--target", f"127.0.0.1:{echo.port}"]
    command += ["--plan", str(plan)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        first = process.stderr.readline()
        assert first.startswith("listening on 127.0.0.1:")
        assert refused(int(first.split(":")[1].split(",")[0]))
        assert "connection 1: refuse" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        said, told = process.communicate(timeout=WITHIN_S)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert "1 connections; 1 faults struck: 1 refuse; 0 did not" in told
    assert said == plan.read_text("utf-8")


def test_a_bad_plan_is_named(tmp_path: Path) -> None:
    """A plan that cannot be read is complained of in one line, and nothing listens."""
    plan = tmp_path / "plan.jsonl"
    plan.write_text('{"turn":0,"kind":"swallow"}\n', "utf-8")
    command = [sys.executable, "-m", "provisioning.bench.chaos", "--target", "127.0.0.1:1", "--plan", str(plan)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "swallow needs packet and after and many" in done.stderr
