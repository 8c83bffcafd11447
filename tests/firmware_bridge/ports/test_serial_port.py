# SPDX-License-Identifier: Apache-2.0
import asyncio
import os
import resource
import subprocess
import sys
import termios
from pathlib import Path

import pytest

pytest.importorskip("serial", reason="pyserial is not installed (extra `serial`)")

from firmware_bridge.port import LineSettings, PortOpenError
from firmware_bridge.ports.serial_port import open_serial_port
from tests.firmware_bridge.ports.far_ends import LONG_S, PtyFarEnd


def test_missing_device_is_named(tmp_path: Path) -> None:
    """A name that is not there is said in the message, since it is what a technician mistypes."""
    with pytest.raises(PortOpenError, match="no-such-port"):
        open_serial_port(str(tmp_path / "no-such-port"), LineSettings())


def test_settings_the_driver_cannot_have_are_refused() -> None:
    """Nine data bits fail as a port that cannot be opened, not as an error of the library below."""
    with pytest.raises(PortOpenError):
        PtyFarEnd(LineSettings(data_bits=9))


def test_second_opener_is_kept_out() -> None:
    """Two programmes on one bus would read each other's replies, so the second is refused."""
    far = PtyFarEnd()
    try:
        with pytest.raises(PortOpenError, match="cannot be opened"):
            open_serial_port(far.device, LineSettings())
    finally:
        far.port.close()
        far.hang_up()


def test_line_has_the_baud_rate_asked_for() -> None:
    """The settings reach the terminal layer."""
    far = PtyFarEnd(LineSettings(baud=19200))
    assert far.baud() == termios.B19200
    far.port.close()
    far.hang_up()


def test_descriptors_above_1023_work() -> None:
    """A gateway with many cameras and ports has more descriptors than select() can count."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2048:
        pytest.skip("this machine allows too few open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
    held = [os.open(os.devnull, os.O_RDONLY) for _descriptor in range(1100)]
    try:
        asyncio.run(_echoed_once())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in held:
            os.close(descriptor)


def test_importing_the_port_does_not_import_pyserial() -> None:
    """Drivers and simulators cost nothing of the serial library until a real line is opened."""
    program = "import sys, firmware_bridge.port, firmware_bridge.ports.memory_port; sys.exit('serial' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


async def _echoed_once() -> None:
    far = PtyFarEnd()
    try:
        await far.port.write(b"ping")
        assert await far.hear(4) == b"ping"
        await far.say(b"pong")
        assert await far.port.read(4, LONG_S) == b"pong"
    finally:
        far.port.close()
        far.hang_up()
