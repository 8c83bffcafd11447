# SPDX-License-Identifier: Apache-2.0
"""The sums that boards put behind their bytes. Each says where it is written down and what it makes of "123456789"."""

import binascii
from functools import lru_cache


def crc16_modbus(data: bytes) -> int:
    """CRC-16/MODBUS, sent low byte first (Modbus over Serial Line V1.02, 6.2.2). Check value 4B37."""
    table = _table()
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc


def crc16_xmodem(data: bytes) -> int:
    """CRC-16/XMODEM, sent high byte first (ITU-T V.41, start 0; also MCUmgr's console). Check value 31C3."""
    return binascii.crc_hqx(data, 0)


def crc16_hj212(data: bytes) -> int:
    """The CRC of HJ 212-2017 annex A, sent as four hexadecimal digits. Check value 2F80.

    It shares the Modbus polynomial but forgets the low byte at every step, so it takes only 256 values: one garbled
    frame in 256 passes. Never let it be the only test of a frame.
    """
    table = _table()
    crc = 0xFFFF
    for byte in data:
        crc = table[(crc >> 8) ^ byte]
    return crc


def lrc(data: bytes) -> int:
    """The LRC of Modbus ASCII: the bytes' sum, negated (Modbus over Serial Line V1.02, 6.2.1). Check value 23."""
    return -sum(data) & 0xFF


@lru_cache(maxsize=1)
def _table() -> tuple[int, ...]:
    """The reflected polynomial 8005 (A001) for every byte."""
    return tuple(_shifted_out(byte) for byte in range(256))


def _shifted_out(crc: int) -> int:
    for _bit in range(8):
        crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc
