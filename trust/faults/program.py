"""A run of the command line whose computing is stored: a fault meets it reading or writing.

``python -m trust.faults.program STORED WORDS``: STORED are pickled findings. ``FAULTS_CLOCK`` in
the environment sets the clock back by so many seconds.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from pathlib import Path

from analysis.__main__ import main
from analysis.commands import compute

__all__: list[str] = []


def run(stored: str, *words: str) -> int:
    """Run a command as a user does, but for the computing and the clock."""
    compute.compute = lambda *_: pickle.loads(Path(stored).read_bytes())
    back, now = float(os.environ.get("FAULTS_CLOCK", "0")), time.time
    time.time = lambda: now() - back
    return main(words)


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
