"""Every variable that a document names is one that Vitalwire knows: an unknown one of its prefix starts nothing."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from deploy.local.settings import LocalSettings
from services.alerting.notifier.settings import NotifierSettings
from services.alerting.settings import AlertingSettings
from services.api.settings import ApiSettings
from services.collector.settings import CollectorSettings
from services.ingest.settings import DeadLetterSettings, IngestSettings, ProvisionSettings
from shared.runtime.command_line import SETTINGS_VARIABLE
from tests.contract.source import ROOT

PAGES = sorted(path for pattern in ("README*.md", "docs/*.md") for path in ROOT.glob(pattern))
SECTIONS = {
    "": LocalSettings,
    "ALERTING_": AlertingSettings,
    "API_": ApiSettings,
    "COLLECTOR_": CollectorSettings,
    "DEAD_LETTERS_": DeadLetterSettings,
    "INGEST_": IngestSettings,
    "NOTIFIER_": NotifierSettings,
    "PROVISION_": ProvisionSettings,
}
KNOWN = {SETTINGS_VARIABLE} | {
    f"VITALWIRE_{section}{field.name.upper()}{ending}"
    for section, cls in SECTIONS.items()
    for field in dataclasses.fields(cls)
    for ending in ("", "_FILE" if "Secret" in str(field.type) else "")
}
OF_TESTS = {"VITALWIRE_TEST_STORAGE"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_document_names_only_variables_that_exist(page: Path) -> None:
    named = set(re.findall(r"VITALWIRE_[A-Z0-9_]+", page.read_text(encoding="utf-8")))
    assert named - KNOWN - OF_TESTS == set()
