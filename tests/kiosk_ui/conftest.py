# SPDX-License-Identifier: Apache-2.0
import os

# Qt draws into memory, so that the screen's tests need no display; set before anything imports Qt.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
