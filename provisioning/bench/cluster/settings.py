# SPDX-License-Identifier: Apache-2.0
"""What a node of the cluster is told: `rabbitmq.conf`, and the environment that gives it folders and ports."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provisioning.bench.broker import HOST

NET_TICK_S: Final = 8
"""Nodes that hear nothing from another for so long, a quarter more or less, go on without it."""

FOUNDER: Final = 1
"""The number of the node that the others join."""

_SETTINGS: Final = """\
# Written anew at each start. docs/how-to/run-a-broker-cluster.md says why each line is there.

# MQTT only, on loopback only.
listeners.tcp = none
mqtt.listeners.tcp.1 = {host}:{port}
mqtt.allow_anonymous = true

# A session's queue lives on a majority of nodes: what a classic queue holds is out of reach while its node is dead, and
# so is the session, since nobody may take it up elsewhere.
mqtt.durable_queue_type = quorum
# Sessions outlive an absence of thirty days, as long as a command may be valid.
mqtt.subscription_ttl = 2592000000
# Unconfirmed messages towards one client; ten, the default, would make the hub wait for each commit.
mqtt.prefetch = 200

# Whoever is cut off from the majority stops, and comes back by itself.
cluster_partition_handling = pause_minority
cluster_formation.peer_discovery_backend = classic_config
{nodes}
# Only the first node founds a cluster, so that never two are founded; the others join it.
cluster_formation.discovery_retry_interval = 250
cluster_formation.discovery_retry_limit = 240

vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 100MB
log.console = false
log.file.level = info
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one node lives: its number, its folder and its ports."""

    number: int
    folder: Path
    mqtt_port: int
    dist_port: int

    @property
    def name(self) -> str:
        """As Erlang says it. Short names on one machine, which `localhost` is without any name server."""
        return node_name(self.number)

    @property
    def cookie(self) -> Path:
        """The secret that nodes know each other by."""
        return self.folder / "home" / ".erlang.cookie"

    @property
    def log(self) -> Path:
        """What the node says of itself."""
        return self.folder / "log" / f"{self.name}.log"

    @property
    def founded(self) -> Path:
        """What is there once the node has tables that another one can join."""
        return self.folder / "mnesia" / self.name / "rabbit_durable_exchange.DCD"

    @property
    def members(self) -> Path:
        """Where the node writes down who belongs to the cluster."""
        return self.folder / "mnesia" / self.name / "cluster_nodes.config"


def node_name(number: int) -> str:
    """The name of a node by its number, from 1."""
    return f"bench{number}@localhost"


def write_settings(place: Place, cookie: str) -> None:
    """Lay out a new node's folder. Whoever knows the cookie may run code in it, so nobody else may read it."""
    place.cookie.parent.mkdir(parents=True)
    place.cookie.touch(mode=0o600)
    place.cookie.write_text(cookie, "ascii")
    numbers = sorted({FOUNDER, place.number})
    nodes = "\n".join(f"cluster_formation.classic_config.nodes.{each} = {node_name(each)}" for each in numbers)
    text = _SETTINGS.format(host=HOST, port=place.mqtt_port, nodes=nodes)
    (place.folder / "rabbitmq.conf").write_text(text, "utf-8")
    (place.folder / "enabled_plugins").write_text("[rabbitmq_mqtt].\n", "ascii")


def environment(place: Place, scripts: Path) -> dict[str, str]:
    """Nothing of this machine's own RabbitMQ, if it runs one, is read or written."""
    erlang = [
        "+S 1:1",  # one scheduler: three nodes share this machine with all the others
        "-start_epmd false",
        f"-kernel inet_dist_use_interface {{{HOST.replace('.', ',')}}}",
        f"-kernel net_ticktime {NET_TICK_S}",
    ]
    return {
        "HOME": str(place.cookie.parent),
        "RABBITMQ_SCRIPTS_DIR": str(scripts),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_NODENAME": place.name,
        "RABBITMQ_DIST_PORT": str(place.dist_port),
        "RABBITMQ_CONFIG_FILE": str(place.folder / "rabbitmq"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(place.folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(place.folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(place.folder / "log"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": " ".join(erlang),
        # The script then becomes the Erlang machine itself instead of waiting for it: its process id is the node's.
        "RABBITMQ_ALLOW_INPUT": "1",
    }
