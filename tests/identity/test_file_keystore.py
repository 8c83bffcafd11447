# SPDX-License-Identifier: Apache-2.0
import base64
import hashlib
import json
import stat
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from edge.contract.problems import ProblemError
from edge.identity.file_keystore import FileKeyStore


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def public_key(store: FileKeyStore) -> Ed25519PublicKey:
    key = load_pem_public_key(store.public_pem())
    assert isinstance(key, Ed25519PublicKey)
    return key


def test_signature_holds_for_whoever_has_the_public_key(tmp_path: Path) -> None:
    """The JWS verifies with another library's bare Ed25519, and says who signed what kind of thing."""
    store = FileKeyStore(tmp_path)
    token = store.sign({"photos": ["a"], "place": "海滨路"}, "manifest+jws")
    header, payload, signature = token.split(".")
    public_key(store).verify(decoded(signature), f"{header}.{payload}".encode())
    told = json.loads(decoded(header))
    jwk = told.pop("jwk")
    assert told == {"alg": "EdDSA", "kid": store.kid, "typ": "manifest+jws"}
    raw = public_key(store).public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert (jwk["kty"], jwk["crv"], decoded(jwk["x"])) == ("OKP", "Ed25519", raw)
    assert "d" not in jwk
    assert json.loads(decoded(payload)) == {"photos": ["a"], "place": "海滨路"}


def test_altered_claim_is_found(tmp_path: Path) -> None:
    """One letter changed, and the signature does not hold any more."""
    store = FileKeyStore(tmp_path)
    header, payload, signature = store.sign({"speed": 41}, "manifest+jws").split(".")
    forged = base64.urlsafe_b64encode(decoded(payload).replace(b"41", b"91")).rstrip(b"=").decode()
    with pytest.raises(InvalidSignature):
        public_key(store).verify(decoded(signature), f"{header}.{forged}".encode())


def test_kid_is_the_thumbprint(tmp_path: Path) -> None:
    """The key's id follows from the key by RFC 7638, so that anyone can compute it."""
    store = FileKeyStore(tmp_path)
    raw = public_key(store).public_bytes(Encoding.Raw, PublicFormat.Raw)
    x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    members = f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'
    assert store.kid == base64.urlsafe_b64encode(hashlib.sha256(members.encode()).digest()).rstrip(b"=").decode()


def test_not_a_number_is_never_signed(tmp_path: Path) -> None:
    """What JSON cannot say is not signed in a dialect that others cannot read."""
    with pytest.raises(ValueError, match="Out of range float"):
        FileKeyStore(tmp_path).sign({"cm": float("nan")}, "manifest+jws")


def test_key_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    """The first use makes the key, mode 0600; every later one finds it."""
    kid = FileKeyStore(tmp_path / "deep").kid
    assert stat.S_IMODE((tmp_path / "deep" / "device.key").stat().st_mode) == 0o600
    assert FileKeyStore(tmp_path / "deep").kid == kid


def test_left_over_part_is_not_written_into(tmp_path: Path) -> None:
    """A file somebody else made, and may read, never receives the key."""
    part = tmp_path / "device.key.part"
    part.write_text("half")
    part.chmod(0o666)
    with part.open() as others:
        FileKeyStore(tmp_path)
        assert others.read() == "half"
    assert stat.S_IMODE((tmp_path / "device.key").stat().st_mode) == 0o600
    assert not part.exists()


@pytest.mark.parametrize(
    "content", [b"", b"-----BEGIN PRIVATE KEY-----\nMC4CAQ", b"\0" * 119], ids=["empty", "half", "nul"]
)
def test_key_half_written_is_told_and_kept(tmp_path: Path, content: bytes) -> None:
    """A damaged key is a problem for a person: a new one in its place would be another device."""
    (tmp_path / "device.key").write_bytes(content)
    with pytest.raises(ProblemError) as failed:
        FileKeyStore(tmp_path)
    assert failed.value.problem.code == "key-unusable"
    assert (tmp_path / "device.key").read_bytes() == content


def test_key_of_another_kind_is_told(tmp_path: Path) -> None:
    """A key that cannot sign EdDSA is named as what it is."""
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "device.key").write_bytes(other)
    with pytest.raises(ProblemError) as failed:
        FileKeyStore(tmp_path)
    assert "not an Ed25519 key" in str(failed.value.problem.detail["reason"])


def test_no_folder_can_be_made(tmp_path: Path) -> None:
    """A folder that is a file is told, not thrown."""
    (tmp_path / "keys").write_text("")
    with pytest.raises(ProblemError):
        FileKeyStore(tmp_path / "keys")
