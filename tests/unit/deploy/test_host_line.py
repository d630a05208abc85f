"""The line of add-host: whatever the host is called, a shell reads back exactly what was meant."""

import subprocess
from pathlib import Path

import pytest

from deploy.local.host_line import collector_line
from shared.settings import Secret


@pytest.mark.parametrize(
    "host", ["web-1.example.com", "it's", 'a"b', "$(reboot)", "`id`", "a;b|c&d", "\\", "-n", "호스트", "a*?[b]"]
)
def test_a_shell_reads_back_what_was_meant(host: str) -> None:
    line = collector_line(host, "nats://10.0.0.5:4222", Secret("s3cr3t"))
    assert "\n" not in line
    prefix, _, program = line.rpartition(" sh ")
    assert program == "deploy/collector.sh"
    variables = " ".join(f'"$VITALWIRE_COLLECTOR_{name}"' for name in ("HOST", "NATS_URLS", "NATS_PASSWORD"))
    script = f"{prefix} sh -c 'printf \"%s\\n\" {variables}'"
    done = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [host, "nats://10.0.0.5:4222", "s3cr3t"]


def test_the_password_is_no_argument() -> None:
    line = collector_line("web-1", "nats://10.0.0.5:4222", Secret("s3cr3t"))
    assert line == (
        "VITALWIRE_COLLECTOR_HOST=web-1 VITALWIRE_COLLECTOR_NATS_URLS=nats://10.0.0.5:4222 "
        "VITALWIRE_COLLECTOR_NATS_PASSWORD=s3cr3t sh deploy/collector.sh"
    )


def test_a_short_retention_shortens_the_spool() -> None:
    line = collector_line("web-1", "nats://10.0.0.5:4222", Secret("s3cr3t"), spool_hours_max=24)
    assert line.endswith(" sh deploy/collector.sh --spool-hours-max=24")


def test_the_script_it_names_exists() -> None:
    assert (Path(__file__).parents[3] / "deploy/collector.sh").is_file()
