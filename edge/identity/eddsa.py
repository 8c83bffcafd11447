# SPDX-License-Identifier: Apache-2.0
"""The one signature algorithm of the contract."""

from joserfc.errors import UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.jws import JWSRegistry

EDDSA = "EdDSA"
"""What the contract calls it. RFC 9864 would now say Ed25519, of which the library warns with every signature."""


class EdDsaOnly(JWSRegistry):
    """Signs and verifies EdDSA and nothing else, whatever a header asks for."""

    def get_alg(self, name: str) -> JWSAlgModel:
        """The algorithm. Raises `UnsupportedAlgorithmError` for any other name."""
        if name != EDDSA:
            msg = f"Algorithm of '{name}' is not allowed"
            raise UnsupportedAlgorithmError(msg)
        return self.algorithms[name]
