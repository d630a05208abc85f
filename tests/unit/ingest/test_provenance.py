"""What the ack subject tells."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.ingest.provenance import Provenance, provenance_of

EXPECTED = Provenance("METRICS", 42, datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC), 5)


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param("$JS.ACK.METRICS.ingest.1.42.9.1700000000123456789.5", id="without a domain"),
        pytest.param("$JS.ACK.hub.ACCHASH.METRICS.ingest.1.42.9.1700000000123456789.5", id="with a domain"),
        pytest.param("$JS.ACK._.ACCHASH.METRICS.ingest.1.42.9.1700000000123456789.5.x9Zk", id="with a token more"),
    ],
)
def test_both_forms_of_ack_subjects_are_read(subject: str) -> None:
    assert provenance_of(subject) == EXPECTED


@pytest.mark.parametrize(
    "subject", ["", "_INBOX.x", "$JS.ACK.METRICS.ingest.1.42.9.1700000000123456789", "a.b.c.d.e.1.2.3.4"]
)
def test_anything_else_is_refused(subject: str) -> None:
    with pytest.raises(ValueError, match="no ack subject"):
        provenance_of(subject)
