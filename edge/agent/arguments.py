# SPDX-License-Identifier: Apache-2.0
"""Arguments that several verbs share, so that they are called the same everywhere."""

import argparse
import os
from pathlib import Path

CONFIG_VARIABLE = "DONGTOU_CONFIG"
DEVICE_FILE = "/etc/dongtou-edge/device.toml"


def add_config(parser: argparse.ArgumentParser) -> None:
    """`--config FILE`; without it DONGTOU_CONFIG, and without that the file of an installed device."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        default=Path(os.environ.get(CONFIG_VARIABLE) or DEVICE_FILE),
        help=f"the device's file (default: ${CONFIG_VARIABLE}, or {DEVICE_FILE})",
    )


def add_json(parser: argparse.ArgumentParser, what: str) -> None:
    """`--json`: the same for programs."""
    parser.add_argument("--json", action="store_true", help=f"print {what} as JSON")
