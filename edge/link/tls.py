# SPDX-License-Identifier: Apache-2.0
"""TLS to a broker from a device whose clock may be wrong.

OpenSSL judges certificates by the system clock. A device that came up in 1970 would call every one of them not yet
valid, never hear the hub, and so never learn the time. Who signed a certificate, and for which name, is checked always;
its dates are checked by the device's own time as far as that is known.
"""

import logging
import ssl
import time
from dataclasses import dataclass
from typing import Any, Final

from edge.config.models import Broker

_log = logging.getLogger(__name__)
NO_CHECK_TIME: Final = 0x200000
"""`X509_V_FLAG_NO_CHECK_TIME` of OpenSSL, for which Python has no name."""
AGREE_US: Final = 3_600_000_000
"""A system clock within an hour of the right time judges certificates as well as we do."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What time it is: `system_us` by the system clock, `right_us` as far as known, else None; at least `floor_us`."""

    system_us: int
    right_us: int | None
    floor_us: int

    @property
    def system_will_do(self) -> bool:
        """Whether certificates may be judged by the system clock."""
        return self.right_us is not None and abs(self.right_us - self.system_us) <= AGREE_US


def by_the_system_clock() -> Moment:
    """For who has nothing better."""
    system_us = time.time_ns() // 1_000
    return Moment(system_us, system_us, 0)


class _Socket(ssl.SSLSocket):
    """Looks at the dates of the broker's certificate where OpenSSL does not, and leaves no refused connection open."""

    moment: Moment

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002  (its name and shape are ssl's)
        """Shake hands, then refuse a certificate that is out of its time. Raises `ssl.SSLError`."""
        try:
            super().do_handshake(block)
            if not self.moment.system_will_do:
                refuse_out_of_time(self.getpeercert() or {}, self.moment)
        except OSError:
            self.close()
            raise


def tls_context(broker: Broker, moment: Moment) -> ssl.SSLContext:
    """A context for one connection, strict about names and signers, and about dates as far as the time is known.

    Raises `OSError` (also `ssl.SSLError`) for files that cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(broker.ca_file)
    if broker.cert_file is not None:
        context.load_cert_chain(broker.cert_file, broker.key_file)
    context.sslsocket_class = type("_Socket", (_Socket,), {"moment": moment})
    if not moment.system_will_do:
        _log.warning("the system clock is wrong: the dates of certificates are judged by what is known of the time")
        context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
    return context


def refuse_out_of_time(certificate: dict[str, Any], moment: Moment) -> None:
    """Raises `ssl.SSLCertVerificationError` for a certificate that has expired, or is of the future by known time."""
    until_us = ssl.cert_time_to_seconds(certificate["notAfter"]) * 1_000_000
    since_us = ssl.cert_time_to_seconds(certificate["notBefore"]) * 1_000_000
    if until_us < (moment.floor_us if moment.right_us is None else moment.right_us):
        raise ssl.SSLCertVerificationError(f"the broker's certificate expired on {certificate['notAfter']}")
    if moment.right_us is not None and moment.right_us < since_us:
        raise ssl.SSLCertVerificationError(f"the broker's certificate is not valid before {certificate['notBefore']}")
