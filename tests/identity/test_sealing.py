# SPDX-License-Identifier: Apache-2.0
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from edge.contract.problems import ProblemError
from edge.identity.device_key import DeviceKey
from edge.identity.file_keystore import FileKeyStore
from edge.identity.sealing import OpeningKey, SealingKey

INFO = b"a test"


def test_what_is_sealed_opens_with_the_one_key_alone() -> None:
    """For the purpose it was sealed for, unchanged, and to whoever holds the private half; to nobody else."""
    opening = OpeningKey.make()
    sealed = opening.public.seal(b"secret", INFO)
    assert opening.open(sealed, INFO) == b"secret"
    assert opening.open(sealed, b"another") is None
    assert OpeningKey.make().open(sealed, INFO) is None
    assert opening.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), INFO) is None
    assert opening.open(b"short", INFO) is None
    assert opening.public.seal(b"secret", INFO) != sealed


def test_both_halves_are_kept(tmp_path: Path) -> None:
    """The private one for its owner's eyes; both have one name; and neither is ever written over."""
    made = OpeningKey.make()
    private, public = made.save(tmp_path / "keys")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert OpeningKey.load(private).kid == SealingKey.load(public).kid == made.kid
    assert OpeningKey.load(private).open(SealingKey.load(public).seal(b"x", INFO), INFO) == b"x"
    with pytest.raises(ProblemError) as there:
        OpeningKey.make().save(tmp_path / "keys")
    assert there.value.problem.code == "sealing-key-there"
    assert OpeningKey.load(private).kid == made.kid


def test_halves_are_not_mixed_up(tmp_path: Path) -> None:
    """A private key in the place of a public one, another kind of key, and no key at all are refused by name."""
    private, public = OpeningKey.make().save(tmp_path)
    signing = tmp_path / "signing.pem"
    signing.write_bytes(FileKeyStore(tmp_path / "store").public_pem())
    device = tmp_path / "store" / "device.key"
    for file in (private, signing, tmp_path / "none.pem"):
        with pytest.raises(ProblemError, match="sealing-key-unusable"):
            SealingKey.load(file)
    for file in (public, device, tmp_path / "none.pem"):
        with pytest.raises(ProblemError, match="sealing-key-unusable"):
            OpeningKey.load(file)


def test_keys_that_cannot_be_written(tmp_path: Path) -> None:
    """A folder that cannot be made is told, and no traceback."""
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(ProblemError, match="store-failed"):
        OpeningKey.make().save(tmp_path / "file" / "keys")


def test_a_device_is_known_by_its_key(tmp_path: Path) -> None:
    """What it signed as one thing is not taken for another, and what somebody else signed not for its."""
    keys, other = FileKeyStore(tmp_path / "one"), FileKeyStore(tmp_path / "two")
    file = tmp_path / "pub.pem"
    file.write_bytes(keys.public_pem())
    known = DeviceKey.load(file)
    token = keys.sign({"a": 1}, "export+jwt")
    assert known.claims(token, "export+jwt") == {"a": 1}
    assert known.claims(token, "command+jwt") is None
    assert known.claims(other.sign({"a": 1}, "export+jwt"), "export+jwt") is None
    assert known.claims("no.jws.atall", "export+jwt") is None
    assert known.device is None
    named = DeviceKey.named_in(token)
    assert named is not None
    assert named.kid == known.kid == keys.kid
    assert DeviceKey.named_in("rubbish") is None


def test_a_certificate_says_whose_key_it_is(tmp_path: Path) -> None:
    """Its common name is the device's name."""
    key = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pole-1")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=1))
        .sign(key, None)
        .public_bytes(Encoding.PEM)
    )
    file = tmp_path / "cert.pem"
    file.write_bytes(certificate)
    assert DeviceKey.load(file).device == "pole-1"


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"])
def test_a_device_key_that_is_none(tmp_path: Path, content: bytes | None) -> None:
    """A file that is not there, empty, or no certificate is named as what it is."""
    file = tmp_path / "pub.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ProblemError, match="device-key-unusable"):
        DeviceKey.load(file)


def test_a_device_key_of_another_kind(tmp_path: Path) -> None:
    """A sealing key signs nothing."""
    file = tmp_path / "pub.pem"
    public = x25519.X25519PrivateKey.generate().public_key()
    file.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(ProblemError, match="holds no Ed25519 public key"):
        DeviceKey.load(file)
