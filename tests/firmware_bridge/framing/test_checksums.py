# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.framing.checksums import crc16_hj212, crc16_modbus, crc16_xmodem, lrc

CHECK = b"123456789"
HJ212_EXAMPLE = b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"


def test_modbus_crc_gives_the_catalogue_value() -> None:
    """CRC-16/MODBUS of the customary check string is 4B37."""
    assert crc16_modbus(CHECK) == 0x4B37


def test_modbus_crc_gives_the_example_of_its_standard() -> None:
    """The frame 02 07 of the Modbus serial line guide ends with 41 12 on the wire, low byte first."""
    assert crc16_modbus(b"\x02\x07").to_bytes(2, "little") == b"\x41\x12"


@given(st.binary(max_size=64))
def test_modbus_crc_of_a_frame_with_its_crc_is_zero(data: bytes) -> None:
    """A receiver may run the sum over the whole frame and look for zero."""
    assert crc16_modbus(data + crc16_modbus(data).to_bytes(2, "little")) == 0


def test_xmodem_crc_gives_the_catalogue_value() -> None:
    """CRC-16/XMODEM of the customary check string is 31C3."""
    assert crc16_xmodem(CHECK) == 0x31C3


@given(st.binary(max_size=64))
def test_xmodem_crc_of_a_frame_with_its_crc_is_zero(data: bytes) -> None:
    """A receiver may run the sum over the whole frame, high byte first, and look for zero."""
    assert crc16_xmodem(data + crc16_xmodem(data).to_bytes(2, "big")) == 0


def test_hj212_crc_gives_the_example_of_its_standard() -> None:
    """The one data segment whose CRC HJ 212-2017 prints is 101 bytes long and sums to 1C80."""
    assert len(HJ212_EXAMPLE) == 101
    assert crc16_hj212(HJ212_EXAMPLE) == 0x1C80


def test_hj212_crc_is_not_the_modbus_crc() -> None:
    """The sum that HJ 212 calls CRC16 makes 2F80 of the check string, where Modbus makes 4B37."""
    assert crc16_hj212(CHECK) == 0x2F80


def test_hj212_crc_takes_only_256_values() -> None:
    """The weakness is the standard's, and the reason why a codec must test more than this sum."""
    assert len({crc16_hj212(number.to_bytes(2, "big")) for number in range(0x10000)}) <= 256


@pytest.mark.parametrize(("data", "expected"), [(CHECK, 0x23), (b"\x01\x03\x00\x00\x00\x01", 0xFB), (b"", 0)])
def test_lrc_is_what_is_missing_to_zero(data: bytes, expected: int) -> None:
    """Sum and LRC together are zero in eight bits, as the Modbus ASCII rules ask."""
    assert lrc(data) == expected
    assert (sum(data) + lrc(data)) & 0xFF == 0
