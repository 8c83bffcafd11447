# SPDX-License-Identifier: Apache-2.0
"""The release of this code. The package's metadata is made from it, since asking that at run time costs memory."""

__version__ = "0.1.0"
