# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys

import pytest

NAMESPACE = f"dongtou-test-{os.getpid()}"


def ip(*words: str) -> bool:
    return subprocess.run(["ip", *words], check=False, capture_output=True).returncode == 0


@pytest.mark.slow
def test_interface_that_comes_up_is_told() -> None:
    """Whoever waits out a pause hears at once that the cable is back, from the kernel of a namespace of its own."""
    if os.geteuid() or not ip("netns", "add", NAMESPACE):
        pytest.skip("needs root and network namespaces (iproute2)")
    command = ["ip", "netns", "exec", NAMESPACE, sys.executable, "-m", "tests.link.network_ear"]
    try:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as ear:
            assert ear.stdout is not None
            try:
                assert ear.stdout.readline() == "listening\n"
                assert ip("-n", NAMESPACE, "link", "set", "lo", "up")
                assert ear.stdout.readline() == "NetworkChanged\n"
            finally:
                ear.kill()
    finally:
        ip("netns", "del", NAMESPACE)
