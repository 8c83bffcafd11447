# SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL of the bench's own: its cluster in a folder, its port on loopback, durable as it always is."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Final
from urllib.parse import quote

from edge.contract.problems import ProblemError
from provisioning.bench.broker import HOST, free_port
from provisioning.bench.child import Child
from provisioning.bench.service import Service

NEEDED: Final = "sudo apt-get install --no-install-recommends postgresql"
_PROGRAMS: Final = Path("/usr/lib/postgresql")
"""Debian keeps each major version apart below this, outside of PATH."""
_USER: Final = "hub"
_UNPRIVILEGED: Final = ("postgres", "nobody")
"""PostgreSQL refuses to run as root. The first of these that the system has runs it then."""
_START_WITHIN_S: Final = 240.0
_AGAIN_S: Final = 0.2
_ANSWERS: Final = b"N"
"""What a server that is up says to an SSL request when it has no certificate."""
_SSL_REQUEST: Final = bytes.fromhex("0000000804d2162f")

_STATUS_LINE: Final = 7
"""Of postmaster.pid, counted from 0: `starting`, `ready`, `stopping` (PostgreSQL, pidfile.h)."""


class Postgres(Service):
    """A database server that can be stopped, killed and started again on the same port with the same data."""

    _stops_within_s = 30.0

    def __init__(self, folder: Path, port: int = 0) -> None:
        """Keep cluster and log in `folder`; port 0 means any free one. `start` starts it."""
        self.folder = folder
        self.port = port or free_port()
        self._cluster = folder / "cluster"
        self._passwords = folder / "pgpass"

    def address(self, database: str = "postgres") -> str:
        """How to reach a database of it. The password stays in a file: command lines are read by everybody."""
        return f"postgresql://{_USER}@{HOST}:{self.port}/{database}?passfile={quote(str(self._passwords.absolute()))}"

    def stop(self) -> None:
        """End it without waiting for those who are connected."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGINT)
        super().stop()

    def _launch(self) -> Child:
        """Also raises `ProblemError` postgres-missing and postgres-folder-closed."""
        programs = installed()
        if programs is None:
            raise ProblemError("postgres-missing", command=NEEDED)
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self._cluster / "PG_VERSION").exists():
            self._make(programs)
        command = [*self._as_user(pdeathsig=True), str(programs / "postgres"), *self._settings()]
        deadline = time.monotonic() + _START_WITHIN_S
        while True:
            child = Child("postgres", command, self.folder / "postgres.log")
            try:
                child.wait_until(self._answers, _START_WITHIN_S)
                return child
            except ProblemError:
                # The children of one that was killed take a moment to notice, and keep its memory until then.
                if time.monotonic() > deadline or not (self._cluster / "postmaster.pid").exists():
                    raise
                time.sleep(_AGAIN_S)

    def _make(self, programs: Path) -> None:
        shutil.rmtree(self._cluster, ignore_errors=True)  # begun and not finished
        self._cluster.mkdir(mode=0o700)
        owner, asked = _other_user(), self.folder / "initdb.password"
        password = secrets.token_hex(16)
        _write_secret(asked, password)
        # Whoever connects as this user may run programs as the one who runs the server.
        _write_secret(self._passwords, f"*:*:*:{_USER}:{password}\n")
        if owner:
            os.chown(asked, owner.pw_uid, owner.pw_gid)
            os.chown(self._cluster, owner.pw_uid, owner.pw_gid)
            reached = [*self._as_user(), "test", "-w", str(self._cluster)]
            if subprocess.run(reached, check=False, cwd="/").returncode:
                raise ProblemError("postgres-folder-closed", folder=str(self._cluster), user=owner.pw_name)
        command = [*self._as_user(), str(programs / "initdb"), "--pgdata", str(self._cluster), "--username", _USER]
        command += ["--auth", "scram-sha-256", "--pwfile", str(asked)]
        options = ["--encoding", "UTF8", "--locale", "C.UTF-8", "--no-instructions"]
        with (self.folder / "initdb.log").open("ab") as log:
            done = subprocess.run([*command, *options], stdout=log, stderr=log, check=False, cwd="/")
        asked.unlink()
        if done.returncode:
            raise ProblemError(
                "bench-child-ended", name="initdb", exit_code=done.returncode, log=str(self.folder / "initdb.log")
            )

    def _settings(self) -> list[str]:
        chosen = {
            "listen_addresses": HOST,
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "on",
            # In its folder: what a killed server leaves in /dev/shm would stay there.
            "dynamic_shared_memory_type": "mmap",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "max_connections": 50,
            "shared_buffers": "128MB",
            "max_wal_size": "1GB",
            "wal_compression": "on",
            "log_min_messages": "warning",
        }
        return ["-D", str(self._cluster), *(word for pair in chosen.items() for word in ("-c", f"{pair[0]}={pair[1]}"))]

    def _as_user(self, *, pdeathsig: bool = False) -> list[str]:
        owner = _other_user()
        if owner is None:
            return []
        # Becoming another user clears what Child asked of the kernel, so it is asked once more.
        dies = ["--pdeathsig", "KILL"] if pdeathsig else []
        return ["setpriv", "--reuid", str(owner.pw_uid), "--regid", str(owner.pw_gid), "--clear-groups", *dies]

    def _answers(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), 1.0) as line:
                line.sendall(_SSL_REQUEST)
                return line.recv(1) == _ANSWERS and self._takes_connections()
        except OSError:
            return False

    def _takes_connections(self) -> bool:
        # The postmaster answers before recovery is done; this file says when it is.
        status = (self._cluster / "postmaster.pid").read_text("ascii").splitlines()
        return len(status) > _STATUS_LINE and status[_STATUS_LINE].strip() == "ready"


def installed() -> Path | None:
    """Folder of the newest PostgreSQL's programs; None where there is none."""
    found = [folder for folder in _PROGRAMS.glob("*/bin") if (folder / "postgres").exists() and _version(folder)]
    return max(found, key=_version, default=None)


def _write_secret(file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(text)


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdecimal() else 0


def _other_user() -> pwd.struct_passwd | None:
    """Who runs it, when we are root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next((known[name] for name in _UNPRIVILEGED if name in known), None)
