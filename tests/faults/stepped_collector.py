"""A collector whose wall clock differs from the machine's by the seconds that a file holds, read at each look."""

from __future__ import annotations

import os
import time
from pathlib import Path

TRUE_CLOCK = time.time
OFFSET_FILE = Path(os.environ["FAULTS_CLOCK_OFFSET_FILE"])


def stepped() -> float:
    """Return the time that this process is to believe."""
    return TRUE_CLOCK() + float(OFFSET_FILE.read_text())


if __name__ == "__main__":
    # Before anything of the product takes hold of it: no root, no clock of the machine is touched.
    time.time = stepped
    from services.collector.__main__ import main

    raise SystemExit(main())
