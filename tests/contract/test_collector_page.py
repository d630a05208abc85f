"""docs/collector.md says what the code does: defaults, bounds, sentences."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from services.collector import outbox, spool, spool_faults, spool_file, spool_place, spool_records
from services.collector.settings import CollectorSettings
from shared.wire import limits
from tests.contract.source import ROOT

TEXT = (ROOT / "docs/collector.md").read_text(encoding="utf-8")
SETTINGS = ("spool_bytes_max", "spool_hours_max", "spool_rate_max", "confirm_s_max", "retry_s_max", "bus_sync_s")


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_has_its_default(name: str) -> None:
    (field,) = [field for field in dataclasses.fields(CollectorSettings) if field.name == name]
    assert f"| `{name}` | {field.default:.0f} |" in TEXT


@pytest.mark.parametrize(
    "said",
    [
        f"at least {spool_place.SPOOL_BYTES_MIN}, or 0",
        f"`{spool_file.NAME}`",
        f"`{spool_faults.DAMAGED}`",
        f"has not confirmed within {outbox.UNCONFIRMED_S_MAX:.0f} s",
        f"keeps {outbox.WAITING_MAX} sample sets ({outbox.WAITING_BYTES_MAX // 1024**2} MiB) in memory",
        f"Blocks of {spool_records.BLOCK_SETS} sample sets",
        f"while {outbox.PENDING_MAX} sample sets have no answer",
        f"`fsync` every {spool.WRITE_OUT_S:.0f} s",
        f"in the last {spool.WRITE_OUT_S:.0f} s",
        f"one page of {spool_file.PAGE_BYTES} bytes",
        f"What is older than {limits.LIVE_SECONDS_MAX} s",
        f"{spool_place.ROOT_STATE / spool_place.PRODUCT}/<host>",
    ],
)
def test_the_figures_are_those_of_the_code(said: str) -> None:
    assert said in TEXT


def test_it_quotes_what_the_collector_says() -> None:
    sources = [path.read_text(encoding="utf-8") for path in Path(ROOT, "services/collector").glob("*.py")]
    for words in ("no spool: ", "another collector uses", "is full", "cannot be used", "the spool is damaged: it was",
                  "the bus does not store what the spool holds", "sample sets lost at the end"):  # fmt: skip
        assert any(words in source for source in sources), words
        assert words.strip() in TEXT
