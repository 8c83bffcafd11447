# SPDX-License-Identifier: Apache-2.0
"""`provision hub-key`: the pair of keys with which devices seal what only the hub may read."""

import json as jsons
from pathlib import Path

from edge.identity.sealing import OpeningKey
from provisioning.console import Terminal


def hub_key(*, out: Path = Path(), json: bool = False) -> int:
    """Make the hub's sealing key: the private half stays at the hub, the public half goes to every device."""
    terminal = Terminal()
    made = OpeningKey.make()
    private, public = made.save(out)
    if json:
        terminal.data(jsons.dumps({"private": str(private), "public": str(public), "kid": made.kid}))
        return 0
    terminal.say("carried.key-made", kid=made.kid)
    terminal.say("carried.key-private", path=private)
    terminal.say("carried.key-public", path=public)
    return 0
