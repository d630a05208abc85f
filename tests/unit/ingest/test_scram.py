"""SCRAM verifiers."""

from __future__ import annotations

import base64

from services.ingest.provisioning.scram import scram_verifier
from shared.settings import Secret


def test_the_verifier_is_the_one_that_postgresql_makes() -> None:
    # Password, salt and iterations of the example in RFC 7677.
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    assert scram_verifier(Secret("pencil"), salt) == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )
