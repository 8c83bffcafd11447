# SPDX-License-Identifier: Apache-2.0
"""The hub of docs/how-to/integrate-a-hub.md, run exactly as it is printed, between a real broker and a real device."""

import base64
import hashlib
import json
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from provisioning.bench.broker import free_port

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "integrate-a-hub.md"
PATIENCE_S = 200.0

pytestmark = [pytest.mark.scenario, pytest.mark.broker, pytest.mark.slow]


class Bench:
    """One broker, one hub that may be killed, one device, each a process of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.database = folder / "hub.sqlite3"
        self.device_file = folder / "device.toml"
        self.processes: list[subprocess.Popen[bytes]] = []
        (folder / "hub.py").write_text(printed("python")[0], "utf-8")
        self.device_file.write_text(
            f'[device]\nname = "pole-7"\n[link]\nack_timeout_s = 2.0\nbackoff_max_s = 1.0\n'
            f'[[link.brokers]]\nhost = "127.0.0.1"\nport = {port}\n[store]\nfolder = "data"\n',
            "utf-8",
        )

    def start(self, *words: str | Path) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{len(self.processes)}.log").open("wb")
        with log:
            process = subprocess.Popen(words, stdout=log, stderr=log, cwd=self.folder)
        self.processes.append(process)
        return process

    def start_hub(self) -> subprocess.Popen[bytes]:
        return self.start(sys.executable, "hub.py", f"127.0.0.1:{self.port}", self.database)

    def start_agent(self) -> subprocess.Popen[bytes]:
        return self.start(sys.executable, "-m", "edge.agent.main", "run", "--config", self.device_file)

    def emit(self, *numbers: int) -> list[str]:
        """Hand events to the device and return their ids."""
        lines = "".join(f'{{"type":"demo.greeting.v1","key":"k{n}","data":{{"x":{n}}}}}\n' for n in numbers)
        done = subprocess.run(
            [sys.executable, "-m", "edge.agent.main", "emit", "--config", self.device_file],
            input=lines,
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE_S,
        )
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert {answer["answer"] for answer in answers} == {"emitted"}
        return [answer["id"] for answer in answers]

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """What stands in the hub's database; nothing while it has none."""
        if not self.database.exists():
            return []
        base = sqlite3.connect(f"file:{self.database}?mode=ro", timeout=PATIENCE_S, uri=True)
        try:
            return base.execute(query).fetchall()
        except sqlite3.OperationalError:
            return []
        finally:
            base.close()

    def greetings(self) -> list[int]:
        rows = self.ask("SELECT data FROM event WHERE type = 'demo.greeting.v1'")
        return sorted(json.loads(data)["x"] for (data,) in rows)

    def waiting(self) -> int:
        """Rows that the device still holds on lane record."""
        done = subprocess.run(
            [sys.executable, "-m", "edge.agent.main", "status", "--json", "--config", self.device_file],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        # Its exit code tells of problems too, such as a hub that is silent; here only the rows count.
        return int(json.loads(done.stdout)["lanes"]["record"]["rows"]) if done.stdout else -1


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A broker on a free port; whatever was started ends with the test."""
    broker = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if broker is None:
        pytest.skip("mosquitto is not installed")
    port = free_port()
    bench = Bench(tmp_path, port)
    (tmp_path / "broker.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n", "utf-8")
    bench.start(broker, "-c", tmp_path / "broker.conf")
    eventually(lambda: reachable(port))
    yield bench
    for process in reversed(bench.processes):
        process.kill()
        process.wait(PATIENCE_S)


def test_the_printed_hub_loses_nothing_and_counts_nothing_twice(bench: Bench) -> None:
    """Killed while a device sends, then started again: every event is there once, and the device forgets its rows."""
    bench.start_agent()
    hub = bench.start_hub()
    bench.emit(*range(50))
    hub.kill()
    hub.wait(PATIENCE_S)
    bench.emit(*range(50, 100))
    bench.emit(*range(25, 75))  # keys seen before: stored once on the device already
    bench.start_hub()
    eventually(lambda: bench.greetings() == list(range(100)))
    eventually(lambda: bench.waiting() == 0)
    eventually(lambda: bench.ask("SELECT count(*) FROM ahead") == [(0,)])


def test_a_hub_that_lost_its_disk_catches_up(bench: Bench) -> None:
    """With an empty database it hears what the device still holds, is told what is gone, and its watermark closes."""
    bench.start_agent()
    hub = bench.start_hub()
    bench.emit(*range(20))
    eventually(lambda: len(bench.greetings()) == 20 and bench.waiting() == 0)
    hub.kill()
    hub.wait(PATIENCE_S)
    for file in bench.folder.glob("hub.sqlite3*"):
        file.unlink()
    last = bench.emit(*range(20, 40))[-1]
    bench.start_hub()
    eventually(lambda: bench.greetings() == list(range(20, 40)))
    eventually(lambda: bool(bench.ask("SELECT 1 FROM event WHERE type = 'outbox.shed.v1'")))
    (told,) = bench.ask("SELECT data FROM event WHERE type = 'outbox.shed.v1'")[0]
    assert json.loads(told)["reason"] == "acked-before"
    eventually(
        lambda: max(bench.ask("SELECT seq FROM mark WHERE lane = 'record'"), default=(0,)) > (int(last.split("-")[2]),)
    )
    eventually(lambda: bench.waiting() == 0)


def test_the_printed_hub_puts_blobs_together_and_refuses_nonsense(bench: Bench) -> None:
    """Chunks become the blob of that hash, a broken one does not; noise and forgery are not taken; gaps stay."""
    bench.start_hub()
    picture = bytes(range(256)) * 40
    name, forged = hashlib.sha256(picture).hexdigest(), "f" * 64
    parts = [(name, offset, picture[offset : offset + 4096]) for offset in range(0, len(picture), 4096)]
    chunks = [event(seq, "blob", chunk(*part, len(picture))) for seq, part in enumerate(parts, 1)]
    broken = event(4, "blob", chunk(forged, 0, b"other", 5))
    shed = {"lane": "metric", "from": 1, "to": 6, "count": 6, "bytes": 9, "reason": "disk-full"}
    acks = conversation(
        bench.port,
        [
            ("blob", zlib.compress(json.dumps(chunks).encode())),
            ("blob", json.dumps([broken]).encode()),
            ("blob", b"\x78nonsense"),
            ("state", json.dumps([{**event(1, "state", {}), "source": "/devices/other"}]).encode()),
            ("metric", json.dumps([event(7, "metric", {})]).encode()),
            ("metric", json.dumps([event(9, "metric", {})]).encode()),
            ("record", json.dumps([event(1, "record", shed, "outbox.shed.v1")]).encode()),
        ],
        wanted=5,
    )
    assert [ack["acks"] for ack in acks] == [
        {"blob": 3},
        {"blob": 4},
        {"metric": 0},
        {"metric": 0},
        {"record": 1, "metric": 7},
    ]
    assert acks[0]["blobs"] == [name]
    assert bench.ask("SELECT sha256, bytes FROM blob") == [(name, picture)]


@pytest.mark.skipif(not shutil.which("mosquitto_sub"), reason="mosquitto-clients are not installed")
def test_the_printed_one_liners_work(bench: Bench) -> None:
    """A device that does not deflate is heard with mosquitto_sub, and acked by hand with mosquitto_pub."""
    listen, _, acknowledge = (one_liner(text, bench.port) for text in printed("sh"))
    plain = bench.device_file.read_text("utf-8").replace("[link]", "[link]\ndeflate = false")
    bench.device_file.write_text(plain, "utf-8")
    heard = bench.start("sh", "-c", f"exec {listen}")
    log = bench.folder / f"{bench.processes.index(heard)}.log"
    bench.start_agent()
    eventually(lambda: bench.waiting() >= 0)
    epoch, _, seq = bench.emit(1)[0].split("-")
    eventually(lambda: '"x":1' in log.read_text("utf-8"))
    assert "dt/1/pole-7/up/record [{" in log.read_text("utf-8")
    spoken = acknowledge.replace("EPOCH", epoch).replace('"record":1', f'"record":{seq}')

    def forgotten() -> bool:
        subprocess.run(["sh", "-c", spoken], check=True, timeout=PATIENCE_S)
        return bench.waiting() == 0

    eventually(forgotten)  # said again, since a device that is just connecting anew does not hear it


def printed(language: str) -> list[str]:
    """The code blocks of the page in one language, as they stand there."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def one_liner(text: str, port: int) -> str:
    return text.strip().replace("-h localhost", f"-h 127.0.0.1 -p {port}")


def reachable(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until it holds; other processes take the time they take."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def chunk(sha256: str, offset: int, part: bytes, total: int) -> dict[str, Any]:
    spelt = base64.urlsafe_b64encode(part).rstrip(b"=").decode()
    return {"sha256": sha256, "offset": offset, "total": total, "bytes": spelt}


def event(seq: int, lane: str, data: dict[str, Any], kind: str = "") -> dict[str, Any]:
    kind = kind or ("blob.chunk.v1" if lane == "blob" else "demo.greeting.v1")
    return {
        "specversion": "1.0",
        "id": f"e1-{lane}-{seq}",
        "source": "/devices/pole-9",
        "epoch": "e1",
        "lane": lane,
        "sequence": f"{seq:016d}",
        "time": "2026-11-18T03:06:40.000000+00:00",
        "type": f"cn.dongtou.edge.{kind}",
        "data": data,
    }


def conversation(port: int, payloads: list[tuple[str, bytes]], wanted: int) -> list[dict[str, Any]]:
    """Publish as a device would once the hub answers, and return the acks it gives."""
    acks: list[dict[str, Any]] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _userdata, message: acks.append(json.loads(message.payload))
    client.connect("127.0.0.1", port)
    client.subscribe("dt/1/pole-9/down/ack", qos=1)
    client.loop_start()
    probe = json.dumps([{**event(1, "urgent", {}), "source": "/devices/pole-8"}]).encode()
    ready: list[object] = []
    client.message_callback_add("dt/1/pole-8/down/ack", lambda *_: ready.append(1))
    client.subscribe("dt/1/pole-8/down/ack", qos=1)
    eventually(lambda: client.publish("dt/1/pole-8/up/urgent", probe, qos=1).mid < 0 or bool(ready))
    for lane, payload in payloads:
        client.publish(f"dt/1/pole-9/up/{lane}", payload, qos=1)
    eventually(lambda: len(acks) == wanted)
    client.loop_stop()
    client.disconnect()
    return acks
