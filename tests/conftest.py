# SPDX-License-Identifier: Apache-2.0
"""What holds for every test: a screen in memory, and properties that are judged by truth and not by speed."""

import os
import signal

from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# A busy machine is no counter-example. In continuous integration the same examples are tried each time.
settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if "CI" in os.environ else "desk")

# Whoever runs the tests in the background of a script hands them an ignored SIGINT, and every program they start would
# inherit it and not be stopped by Ctrl-C any more.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
