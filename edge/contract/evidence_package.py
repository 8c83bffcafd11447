# SPDX-License-Identifier: Apache-2.0
"""An evidence package: one case in one file that anybody can check without us.

It is a ZIP archive, stored and not compressed, with these entries in this order, all dated 1980-01-01, mode 0644,
without comments, extra fields or descriptors: `README.txt`, `manifest.jws`, `facts.json`, `chain.json`,
`device-key.pem`, and the photographs in the manifest's order. Every byte follows from manifest and photographs, so a
file that differs anywhere from what it must be was changed after it was packed.
"""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Final

from edge.contract.evidence import CaseManifest
from edge.contract.evidence_chain import fingerprint

FORMAT: Final = "dongtou-evidence/1"
MANIFEST_TYP: Final = "manifest+jws"
"""`typ` in the header of every signed manifest."""
README: Final = "README.txt"
MANIFEST: Final = "manifest.jws"
FACTS: Final = "facts.json"
"""The payload of the manifest, byte for byte: what was signed, to be read without taking a JWS apart."""
CHAIN: Final = "chain.json"
KEY: Final = "device-key.pem"
FIXED: Final = (README, MANIFEST, FACTS, CHAIN, KEY)
"""What every package has, in this order and before the photographs."""
_CODE_BYTES: Final = 10
_GROUP: Final = 4
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BASE, _MODULUS = 36, 1271
_LETTERS: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
"""From RFC 4648's base 32 to Crockford's, which has no letters that are taken for digits."""


@cache
def readme() -> bytes:
    """What a person finds who opens a package without our tools; the same in every package of this format."""
    return files("edge.contract").joinpath("catalogue/evidence_readme.txt").read_bytes()


def photograph_names(views: Sequence[str]) -> tuple[str, ...]:
    """Names of the photographs' entries, given what each shows, in the manifest's order."""
    return tuple(f"photographs/{number:02}-{view}.jpg" for number, view in enumerate(views, 1))


def chain_page(token: str, manifest: CaseManifest) -> bytes:
    """`chain.json`: where the manifest stands in the device's chain; without a number if there was none then."""
    facts = manifest.facts
    link = manifest.chain.model_dump(mode="json") if manifest.chain else {}
    said = {"format": FORMAT, "case": facts.case, "device": facts.device, **link, "this": fingerprint(token)}
    page = json.dumps({**said, "anti_forgery_code": forgery_code(token)}, ensure_ascii=False, indent=2)
    return f"{page}\n".encode()


def forgery_code(token: str) -> str:
    """The anti-forgery code (防伪码) of a manifest: four groups of four, 80 bits of the JWS's SHA-256.

    It is drawn onto every copy of the pictures, and whoever holds the package can work it out anew.
    """
    digest = bytes.fromhex(fingerprint(token))[:_CODE_BYTES]
    letters = base64.b32encode(digest).decode("ascii").translate(_LETTERS)
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def machine_line(case: str, taken_at: datetime, photograph: str, code: str) -> str:
    """One line of plain letters below a drawn copy, for a program that reads print: it needs no QR code.

    Case, capture time in UTC to the millisecond, the first 16 digits of the photograph's SHA-256, the anti-forgery
    code, and two check letters (ISO 7064, MOD 1271-36) that tell every letter that is misread or swapped with the next.
    """
    at = taken_at.astimezone(UTC)
    stamp = f"{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03}Z"
    said = "<".join(("DTE1", case, stamp, photograph[:16], code.replace("-", "")))
    high, low = divmod((1 - _remainder(said) * _BASE**2) % _MODULUS, _BASE)
    return f"{said}<{_DIGITS[high]}{_DIGITS[low]}"


def line_holds(line: str) -> bool:
    """Whether a line was read as it was drawn, by its check letters."""
    return _remainder(line) == 1


def _remainder(said: str) -> int:
    remainder = 0
    for letter in said.upper():
        if letter in _DIGITS:
            remainder = (remainder * _BASE + _DIGITS.index(letter)) % _MODULUS
    return remainder
