# SPDX-License-Identifier: Apache-2.0
"""TLS to a real broker from devices whose clocks are right, in 1970, or years ahead."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from edge.config.models import Broker
from edge.contract.problems import ProblemError
from edge.core.clock import wall_us
from edge.link.mqtt import MqttLink
from edge.link.port import Events, Will
from edge.link.tls import NO_CHECK_TIME, Moment, by_the_system_clock, tls_context
from provisioning.bench.broker import HOST, free_port
from tests.link.brokers import listens, mosquitto, until

pytestmark = pytest.mark.broker

NOW = datetime.now(UTC)
YEARS = timedelta(days=10 * 365)


def us(at: datetime) -> int:
    return wall_us(at)


def signed(
    folder: Path,
    name: str,
    since: datetime,
    until: datetime,
    by: tuple[x509.Name, EllipticCurvePrivateKey] | None = None,
) -> tuple[x509.Name, EllipticCurvePrivateKey]:
    """A certificate `name`.pem with its key, of its own making or signed by an authority."""
    key = generate_private_key(SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    issuer, signer = by or (subject, key)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )
    (folder / f"{name}.pem").write_bytes(built.public_bytes(Encoding.PEM))
    (folder / f"{name}.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return subject, key


@contextmanager
def broker(folder: Path, since: datetime, until_at: datetime) -> Iterator[int]:
    """A mosquitto whose certificate has these dates, and that asks devices for theirs."""
    authority = signed(folder, "ca", NOW - YEARS, NOW + 2 * YEARS)
    signed(folder, "broker", since, until_at, by=authority)
    signed(folder, "device", NOW - timedelta(days=1), NOW + timedelta(days=1), by=authority)
    port = free_port()
    files = f"cafile {folder}/ca.pem\ncertfile {folder}/broker.pem\nkeyfile {folder}/broker.key"
    settings = f"listener {port} {HOST}\n{files}\nrequire_certificate true\nallow_anonymous true"
    process = mosquitto(folder, settings)
    try:
        asyncio.run(until(lambda: listens(port)))
        yield port
    finally:
        process.kill()
        process.wait()


def connect(folder: Path, port: int, moment: Moment, ca: str = "ca") -> str:
    """The code of the problem and its reason, or "" when the device is in."""

    async def story() -> str:
        config = Broker(
            host=HOST,
            port=port,
            ca_file=folder / f"{ca}.pem",
            cert_file=folder / "device.pem",
            key_file=folder / "device.key",
        )
        link = MqttLink(config, "pole-1", 20, 200.0, Events(), lambda: moment)
        try:
            await link.open(Will("dt/1/pole-1/up/presence", b"{}"), ("dt/1/pole-1/down/#",))
        except ProblemError as failed:
            return str(failed)
        finally:
            await link.close()
        return ""

    return asyncio.run(story())


def test_device_without_a_clock_comes_in(tmp_path: Path) -> None:
    """A clock of 1970, or one years ahead, keeps nobody out while the right time is unknown, nor once it is known."""
    with broker(tmp_path, NOW - timedelta(days=1), NOW + timedelta(days=1)) as port:
        floor_us = us(NOW - timedelta(days=180))
        for system in (0, us(NOW + YEARS)):
            assert connect(tmp_path, port, Moment(system, None, floor_us)) == ""
            assert connect(tmp_path, port, Moment(system, us(NOW), floor_us)) == ""
        assert connect(tmp_path, port, by_the_system_clock()) == ""


def test_who_signed_it_is_checked_by_any_clock(tmp_path: Path) -> None:
    """A device that does not know the time still lets in nobody whom its authority has not signed."""
    signed(tmp_path, "other", NOW - YEARS, NOW + YEARS)
    with broker(tmp_path, NOW - timedelta(days=1), NOW + timedelta(days=1)) as port:
        for moment in (Moment(0, None, 0), Moment(0, us(NOW), 0), by_the_system_clock()):
            assert "certificate verify failed" in connect(tmp_path, port, moment, ca="other")


def test_expired_broker_is_refused(tmp_path: Path) -> None:
    """By the system clock if that is right, by the device's own if not, and unset by what it has seen already."""
    with broker(tmp_path, NOW - timedelta(days=40), NOW - timedelta(days=10)) as port:
        assert "expired" in connect(tmp_path, port, by_the_system_clock())
        assert "expired" in connect(tmp_path, port, Moment(0, us(NOW), 0))
        assert "expired" in connect(tmp_path, port, Moment(0, None, us(NOW - timedelta(days=5))))
        assert connect(tmp_path, port, Moment(0, None, us(NOW - timedelta(days=20)))) == ""


def test_broker_of_the_future_is_refused(tmp_path: Path) -> None:
    """Known time also tells what is not valid yet."""
    with broker(tmp_path, NOW + timedelta(days=10), NOW + timedelta(days=40)) as port:
        assert "not yet valid" in connect(tmp_path, port, by_the_system_clock())
        assert "not valid before" in connect(tmp_path, port, Moment(0, us(NOW), 0))


def test_dates_are_left_to_openssl_where_the_system_clock_is_right(tmp_path: Path) -> None:
    """Only a wrong or unknown clock takes the check of dates away from it; name and signer it never loses."""
    signed(tmp_path, "ca", NOW - YEARS, NOW + YEARS)
    config = Broker(host=HOST, port=1, ca_file=tmp_path / "ca.pem")
    for moment, left in (
        (by_the_system_clock(), True),
        (Moment(us(NOW), None, 0), False),
        (Moment(0, us(NOW), 0), False),
    ):
        context = tls_context(config, moment)
        assert (not context.verify_flags & NO_CHECK_TIME) is left
        assert context.check_hostname
        assert context.verify_mode is ssl.CERT_REQUIRED
