# SPDX-License-Identifier: Apache-2.0
"""The release this code belongs to; the package's metadata is read from here, since asking it at run time costs memory."""

__version__ = "0.1.0"
