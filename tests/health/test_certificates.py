# SPDX-License-Identifier: Apache-2.0
"""The dates of certificates, and what is said of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from edge.config.models import Broker
from edge.core.clock import instant, wall_us
from edge.health.certificates import CertificateWatch, dates, named_certificates, trouble, validities

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def made(since: datetime, until: datetime, serial: int = 1, name: str = "pole-1") -> x509.Certificate:
    """A certificate with these dates."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(KEY.public_key())
        .serial_number(serial)
        .not_valid_before(since)
        .not_valid_after(until)
        .sign(KEY, None)
    )


def written(path: Path, *spans: tuple[datetime, datetime]) -> Path:
    """A PEM file with a certificate for each span."""
    path.write_bytes(b"".join(made(*span).public_bytes(Encoding.PEM) for span in spans))
    return path


@given(
    since_s=st.integers(-599_616_000, 7_258_118_400),
    days=st.integers(0, 30_000),
    serial=st.integers(1, 2**150),
    name=st.text("abc-", min_size=1, max_size=60),
)
def test_dates_are_those_of_the_certificate(since_s: int, days: int, serial: int, name: str) -> None:
    """Whatever its serial number and names, both dates are read as the library that made it reads them."""
    begins = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=since_s)
    certificate = made(begins, begins + days * DAY, serial, name)
    read = dates(certificate.public_bytes(Encoding.DER))
    assert instant(read.since_us) == certificate.not_valid_before_utc
    assert instant(read.until_us) == certificate.not_valid_after_utc


@given(st.binary(max_size=400))
def test_what_is_no_certificate_is_refused(raw: bytes) -> None:
    """Any other bytes are a `ValueError`, or by wild chance two dates; never anything else."""
    try:
        dates(raw)
    except ValueError:
        return


def test_cut_off_anywhere() -> None:
    """A certificate that lost its end, wherever, is refused unless both dates were still there."""
    whole = made(NOW, NOW + DAY).public_bytes(Encoding.DER)
    for length in range(len(whole)):
        with pytest.raises(ValueError, match="cut off"):
            dates(whole[:length])


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        (NOW - DAY, NOW + 31 * DAY, None),
        (NOW - DAY, NOW + 30 * DAY, "certificate-expires"),
        (NOW - DAY, NOW + timedelta(hours=1), "certificate-expires"),
        (NOW - 9 * DAY, NOW - timedelta(seconds=1), "certificate-expired"),
        (NOW + DAY, NOW + 99 * DAY, "certificate-early"),
    ],
    ids=["good", "a_month", "an_hour", "expired", "early"],
)
def test_trouble_by_a_known_time(tmp_path: Path, since: datetime, until: datetime, code: str | None) -> None:
    """A month before the end it is said, and without a time nothing is said of dates."""
    file = written(tmp_path / "device.pem", (since, until))
    found = trouble(file, wall_us(NOW))
    assert (found and found.code) == code
    assert trouble(file, None) is None


def test_several_in_one_file(tmp_path: Path) -> None:
    """An old authority beside its successor is no trouble."""
    file = written(tmp_path / "ca.pem", (NOW - 99 * DAY, NOW - DAY), (NOW - DAY, NOW + 400 * DAY))
    assert len(list(validities(file.read_text()))) == 2
    assert trouble(file, wall_us(NOW)) is None


@pytest.mark.parametrize(
    "text",
    [None, "", "-----BEGIN CERTIFICATE-----\nMA", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----"],
)
def test_unreadable(tmp_path: Path, text: str | None) -> None:
    """Not there, empty, without end, or none: named as a file that cannot be read, whatever the time."""
    if text is not None:
        (tmp_path / "c.pem").write_text(text)
    found = trouble(tmp_path / "c.pem", None)
    assert found is not None
    assert found.code == "certificate-unreadable"


def test_watch_looks_seldom_and_when_the_time_is_known(tmp_path: Path) -> None:
    """A device that learns the time learns at once that its certificate has expired."""
    file = written(tmp_path / "device.pem", (NOW - 9 * DAY, NOW - DAY))
    known: list[int | None] = [None]
    watch = CertificateWatch([file], lambda: known[-1])
    assert watch.troubles() == ()
    known.append(wall_us(NOW))
    assert [found.code for found in watch.troubles()] == ["certificate-expired"]
    file.unlink()
    assert [found.code for found in watch.troubles()] == ["certificate-expired"]
    assert [found.code for found in CertificateWatch([file], lambda: None).troubles()] == ["certificate-unreadable"]


def test_files_that_are_looked_at(tmp_path: Path) -> None:
    """Each once, however many brokers share it."""
    ca, own = tmp_path / "ca.pem", tmp_path / "own.pem"
    brokers = [Broker(host="a", port=1, ca_file=ca, cert_file=own), Broker(host="b", port=1, ca_file=ca)]
    assert named_certificates(brokers) == [own, ca]
