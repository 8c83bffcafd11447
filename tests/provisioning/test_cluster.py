# SPDX-License-Identifier: Apache-2.0
import stat
from pathlib import Path

import pytest

from edge.contract.problems import ProblemError
from provisioning.bench.cluster.installed import RabbitMq, find_rabbitmq, lay_links
from provisioning.bench.cluster.settings import Place, environment, write_settings


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(2, tmp_path / "node2", mqtt_port=1884, dist_port=25673)


def test_rabbitmq_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without RabbitMQ, or without the Erlang it runs on, the line that installs it is told."""
    with pytest.raises(ProblemError) as no_release:
        find_rabbitmq(tmp_path)
    assert "apt-get install --no-install-recommends rabbitmq-server" in str(no_release.value)
    script = tmp_path / "rabbitmq_server-3.10.8" / "sbin" / "rabbitmq-server"
    script.parent.mkdir(parents=True)
    script.touch()
    monkeypatch.setattr("provisioning.bench.cluster.installed.PLACES", str(tmp_path))
    with pytest.raises(ProblemError) as no_erlang:
        find_rabbitmq(tmp_path)
    assert no_erlang.value.problem.code == "bench-no-rabbitmq"


def test_links_to_what_a_node_needs(tmp_path: Path) -> None:
    """Of a release only the MQTT broker and what it stands on are linked, and what was linked before is gone."""
    home = tmp_path / "rabbitmq_server-3.10.8"
    for plugin in ("rabbit-3.10.8", "rabbit_common-3.10.8", "rabbitmq_mqtt-3.10.8", "rabbitmq_management-3.10.8"):
        (home / "plugins" / plugin).mkdir(parents=True)
    (home / "sbin").mkdir()
    (home / "sbin" / "rabbitmq-server").touch()
    installed = RabbitMq(home, tmp_path / "epmd")
    (tmp_path / "links" / "plugins" / "rabbit-3.9.0").mkdir(parents=True)
    scripts = lay_links(installed, tmp_path / "links")
    assert installed.version == "3.10.8"
    assert (scripts / "rabbitmq-server").resolve() == home / "sbin" / "rabbitmq-server"
    assert sorted(each.name for each in (tmp_path / "links" / "plugins").iterdir()) == [
        "rabbit-3.10.8",
        "rabbit_common-3.10.8",
        "rabbitmq_mqtt-3.10.8",
    ]


def test_node_keeps_to_itself(place: Place) -> None:
    """A node listens on loopback only, asks the first node alone for a cluster, and lets nobody read its secret."""
    write_settings(place, "s3cret")
    settings = (place.folder / "rabbitmq.conf").read_text("utf-8")
    assert "mqtt.listeners.tcp.1 = 127.0.0.1:1884" in settings
    assert "listeners.tcp = none" in settings
    assert [line for line in settings.splitlines() if "classic_config.nodes" in line] == [
        "cluster_formation.classic_config.nodes.1 = bench1@localhost",
        "cluster_formation.classic_config.nodes.2 = bench2@localhost",
    ]
    assert place.cookie.read_text("ascii") == "s3cret"
    assert stat.S_IMODE(place.cookie.stat().st_mode) == 0o600


def test_surroundings_are_its_own(place: Place) -> None:
    """Every folder a node is told lies in its own, it starts no name service, and its cookie is not told."""
    write_settings(place, "s3cret")
    told = environment(place, Path("/scripts"))
    folders = [told[name] for name in ("HOME", "RABBITMQ_MNESIA_BASE", "RABBITMQ_LOG_BASE", "RABBITMQ_CONFIG_FILE")]
    assert all(Path(folder).is_relative_to(place.folder) for folder in folders)
    assert told["RABBITMQ_CONF_ENV_FILE"] == "/dev/null"
    assert "-start_epmd false" in told["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"]
    assert "inet_dist_use_interface {127,0,0,1}" in told["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"]
    assert not any("s3cret" in value for value in told.values())
