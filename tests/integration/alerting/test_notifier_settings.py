"""The notifier as a process: what is wrong with its settings is told at once."""

from __future__ import annotations

from pathlib import Path

from tests.processes import Service


def test_it_says_what_is_wrong_with_its_settings_and_starts_nothing(tmp_path: Path) -> None:
    wrong = {
        "VITALWIRE_NOTIFIER_ZONE": "Asia/Soul", "VITALWIRE_NOTIFIER_LANGUAGE": "de",
        "VITALWIRE_NOTIFIER_PAGE_URL": "javascript:alert(1)",
    }  # fmt: skip
    process = Service("services.alerting.notifier", wrong, tmp_path / "notifier.log")
    process.start(ready=False)
    assert process.process is not None
    assert process.process.wait(20) == 2
    written = process.log.read_text()
    assert all(name in written for name in (*wrong, "nats_urls is missing", "nats_password is missing"))
