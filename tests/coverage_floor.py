"""Prints the coverage and fails below the floor: 80 % of all branches, and every branch of the modules that decide."""

from __future__ import annotations

import subprocess
import sys

OVERALL_PERCENT_MIN = 80
PURE = (
    "shared/budget.py",
    "shared/family.py",
    "shared/families/*",
    "shared/glob.py",
    "shared/holding.py",
    "shared/resolution.py",
    "shared/select.py",
    "shared/settings.py",
    "shared/sql.py",
    "shared/subjects.py",
    "shared/wire/*",
    "services/collector/answers.py",
    "services/collector/counters.py",
    "services/collector/outbox.py",
    "services/collector/rates.py",
    "services/collector/schedule.py",
    "services/collector/spool_place.py",
    "services/collector/spooled_outbox.py",
    "services/collector/collection.py",
    "services/collector/table.py",
    "services/collector/simulation/families.py",
    "services/collector/simulation/life.py",
    "services/collector/simulation/load.py",
    "services/collector/simulation/memory.py",
    "services/collector/simulation/noise.py",
    "services/collector/simulation/processor.py",
    "services/collector/simulation/profile.py",
    "services/collector/simulation/programs.py",
    "services/collector/simulation/storage.py",
    "services/collector/simulation/traffic.py",
    "services/ingest/batch.py",
    "services/ingest/breaker.py",
    "services/ingest/ceiling.py",
    "services/ingest/errors.py",
    "services/ingest/portion.py",
    "services/ingest/provenance.py",
    "services/ingest/settle.py",
    "services/ingest/stream_loss.py",
    "services/ingest/window.py",
    "services/api/backtest/answer.py",
    "services/api/backtest/incidents.py",
    "services/api/backtest/levels.py",
    "services/api/backtest/plan.py",
    "services/api/backtest/samples.py",
    "services/api/backtest/silences.py",
    "services/api/backtest/skipping.py",
    "services/api/backtest/walk.py",
    "services/api/delivery/judge.py",
    "services/api/live/slot.py",
    "services/api/live/wishes.py",
    "services/api/metrics/asked.py",
    "services/api/metrics/cache.py",
    "services/api/metrics/points.py",
    "services/api/metrics/times.py",
    "services/api/metrics/top.py",
    "deploy/local/backoff.py",
    "deploy/local/host_line.py",
    "deploy/local/nats_config.py",
    "deploy/local/settings.py",
    "deploy/local/spool_hours.py",
)


def main() -> int:
    """Return 0 when both floors hold."""
    overall = _report(f"--fail-under={OVERALL_PERCENT_MIN}")
    pure = _report("--fail-under=100", f"--include={','.join(PURE)}", "--precision=2")
    if overall != 0:
        print(f"coverage is below {OVERALL_PERCENT_MIN} % overall", file=sys.stderr)
    if pure != 0:
        print("a pure module is not covered completely: see the second table", file=sys.stderr)
    return overall or pure


def _report(*options: str) -> int:
    return subprocess.run([sys.executable, "-m", "coverage", "report", *options], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
