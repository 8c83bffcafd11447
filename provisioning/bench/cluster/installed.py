# SPDX-License-Identifier: Apache-2.0
"""Debian's rabbitmq-server as it is installed, and a folder of links that carries only what an MQTT broker needs."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.contract.problems import ProblemError
from provisioning.bench.broker import PLACES

RELEASES: Final = Path("/usr/lib/rabbitmq/lib")
PACKAGE: Final = "rabbitmq-server"

# Erlang looks for each module in every folder of its path. With these instead of all sixty plugins, a node is up in
# half the time: what `rabbit` and `rabbitmq_mqtt` name as their applications, and what these name in turn.
_NEEDED: Final = (
    "amqp10_common",
    "amqp_client",
    "aten",
    "credentials_obfuscation",
    "cuttlefish",
    "enough",
    "gen_batch_server",
    "getopt",
    "jsx",
    "observer_cli",
    "osiris",
    "ra",
    "rabbit",
    "rabbit_common",
    "rabbitmq_mqtt",
    "rabbitmq_prelaunch",
    "ranch",
    "recon",
    "seshat",
    "stdout_formatter",
    "syslog",
    "sysmon_handler",
    "systemd",
)


@dataclass(frozen=True, slots=True)
class RabbitMq:
    """Programs of one installation."""

    home: Path
    """The release, with `sbin`, `plugins` and `escript`."""
    epmd: Path
    """Erlang's own name server."""

    @property
    def version(self) -> str:
        """As Debian's folder says it, such as 3.10.8."""
        return self.home.name.rpartition("-")[2]


def find_rabbitmq(releases: Path = RELEASES) -> RabbitMq:
    """What is installed. Raises `ProblemError` bench-no-rabbitmq with the line that installs it."""
    homes = sorted(place.parent.parent for place in releases.glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    epmd = shutil.which("epmd", path=PLACES)
    if not homes or not epmd or not shutil.which("erl", path=PLACES):
        raise ProblemError("bench-no-rabbitmq", package=PACKAGE)
    return RabbitMq(homes[-1], Path(epmd))


def lay_links(installed: RabbitMq, folder: Path) -> Path:
    """Make `folder` a release of links to what a node needs, anew; gives the folder of its scripts."""
    shutil.rmtree(folder, ignore_errors=True)
    scripts, plugins = folder / "sbin", folder / "plugins"
    for place in (scripts, plugins):
        place.mkdir(parents=True)
    for script in (installed.home / "sbin").iterdir():
        (scripts / script.name).symlink_to(script.resolve())
    for name in _NEEDED:
        for plugin in (installed.home / "plugins").glob(f"{name}-[0-9]*"):
            (plugins / plugin.name).symlink_to(plugin)
    (folder / "escript").symlink_to(installed.home / "escript")
    return scripts
