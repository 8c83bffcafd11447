# SPDX-License-Identifier: Apache-2.0
"""How long the certificates of a device are good: its own, and those it knows brokers by.

The two dates are read from the certificate itself. A library that understands all of X.509 would cost a small pole
several megabytes for months, for the sake of two dates a day.
"""

import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from edge.config.models import Broker
from edge.contract.problems import Problem
from edge.core.clock import instant, wall_us

SOON_US: Final = 30 * 86_400_000_000
"""Time for a person to come by with a new one."""
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_SEQUENCE, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
_CENTURY: Final = 50
"""RFC 5280 4.1.2.5.1: two digits from here on are of the last century."""


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until when a certificate is good, microseconds since 1970 UTC."""

    since_us: int
    until_us: int


class CertificateWatch:
    """Looks at certificates a few times a day, and when the time becomes known."""

    def __init__(self, files: Sequence[Path], right_us: Callable[[], int | None], every_s: float = 6 * 3600.0) -> None:
        """Look at `files`; `right_us` tells the time if anybody knows it."""
        self._files, self._right_us, self._every_s = tuple(files), right_us, every_s
        self._looked_s = float("-inf")
        self._knew = False
        self._found: tuple[Problem, ...] = ()

    def troubles(self) -> tuple[Problem, ...]:
        """What was found at the last look."""
        now_s, right_us = time.monotonic(), self._right_us()
        knows = right_us is not None
        if now_s - self._looked_s >= self._every_s or knows != self._knew:
            self._looked_s, self._knew = now_s, knows
            self._found = tuple(found for file in self._files if (found := trouble(file, right_us)))
        return self._found


def named_certificates(brokers: Iterable[Broker]) -> list[Path]:
    """Every certificate file of the configuration, once."""
    files = (file for broker in brokers for file in (broker.cert_file, broker.ca_file) if file is not None)
    return list(dict.fromkeys(files))


def trouble(path: Path, right_us: int | None) -> Problem | None:
    """What is wrong with a certificate file at that time; without a time only whether it can be read.

    Of several in one file the one that is good for longest counts: old authorities stay beside their successors.
    """
    try:
        found = list(validities(path.read_text("ascii")))
        longest = max(found, key=lambda one: one.until_us)
    except (OSError, ValueError) as wrong:
        reason = getattr(wrong, "strerror", None) or str(wrong)
        return Problem(code="certificate-unreadable", detail={"path": str(path), "reason": reason})
    if right_us is None:
        return None
    until = instant(longest.until_us).date().isoformat()
    if longest.until_us < right_us:
        return Problem(code="certificate-expired", detail={"path": str(path), "until": until})
    if longest.since_us > right_us:
        since = instant(longest.since_us).isoformat(timespec="minutes")
        return Problem(code="certificate-early", detail={"path": str(path), "since": since})
    if longest.until_us - right_us <= SOON_US:
        days = (longest.until_us - right_us) // 86_400_000_000
        return Problem(code="certificate-expires", detail={"path": str(path), "days": days, "until": until})
    return None


def validities(pem: str) -> Iterator[Validity]:
    """The dates of each certificate of a PEM file. Raises `ValueError` for what is none."""
    parts = pem.split(_BEGIN)[1:]
    if not parts:
        raise ValueError("no certificate in it")
    for part in parts:
        inner, end, _ = part.partition(_END)
        if not end:
            raise ValueError("a certificate without end")
        yield dates(ssl.PEM_cert_to_DER_cert(_BEGIN + inner + _END))


def dates(der: bytes) -> Validity:
    """The validity of one certificate (RFC 5280 4.1). Raises `ValueError`."""
    _, certificate, _ = _element(der)
    _, signed, _ = _element(certificate)
    tag, _, rest = _element(signed)
    if tag == _VERSION:
        _, _, rest = _element(rest)  # the serial number
    for _ in ("signature", "issuer"):
        _, _, rest = _element(rest)
    tag, validity, _ = _element(rest)
    if tag != _SEQUENCE:
        raise ValueError("no validity where it should be")
    tag, since, rest = _element(validity)
    until_tag, until, _ = _element(rest)
    return Validity(_instant_us(tag, since), _instant_us(until_tag, until))


def _element(der: bytes) -> tuple[int, bytes, bytes]:
    """Tag and content of the first element, and what follows it."""
    if len(der) < 2:  # noqa: PLR2004  (a tag and a length)
        raise ValueError("cut off")
    length, start = der[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[2:start], "big")
    if start + length > len(der):
        raise ValueError("cut off")
    return der[0], der[start : start + length], der[start + length :]


def _instant_us(tag: int, text: bytes) -> int:
    written = text.decode("ascii")
    if tag == _UTC_TIME:
        written = ("19" if int(written[:2]) >= _CENTURY else "20") + written
    elif tag != _GENERALIZED_TIME:
        raise ValueError("no time where it should be")
    return wall_us(datetime.strptime(written + "+0000", "%Y%m%d%H%M%SZ%z"))
