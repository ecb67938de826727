"""``python -m analysis bench``: time and memory of each stage."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from analysis.commands.base import Command, Stages, Workspace
from analysis.commands.paper import DEFAULT, render_paper
from analysis.publish.readme_parts import RUNTIMES
from analysis.whole import write_whole

__all__ = ["BENCH", "describe_machine", "installed", "time_build"]

RENDERING = "Rendering HTML and PDF"


def _configure(parser: argparse.ArgumentParser) -> None:
    words = f"also write {RUNTIMES}, from which the README takes its run times"
    parser.add_argument("--record", action="store_true", help=words)


def _run(options: argparse.Namespace, workspace: Workspace) -> None:
    stage = Stages()
    seconds = time_build(workspace, stage)
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)  # of the latter the largest
    peak = max(resource.getrusage(who).ru_maxrss for who in whose)  # KiB
    measured = {
        "day": datetime.now(UTC).date().isoformat(),
        "machine": describe_machine(),
        "seconds": {name: round(took, 1) for name, took in seconds.items()},
        "peak_memory_mib": round(peak / 1024),
        "installed": installed(Path(sys.prefix)),
    }
    for name, value in describe_machine().items():
        stage.console.print(f"{name}: {value}")
    stage.console.print(f"Analysis and figures: {sum(stage.seconds.values()):.1f} s")
    stage.console.print(f"Rendering both formats: {seconds[RENDERING]:.1f} s")
    stage.console.print(f"Peak memory of one process: {measured['peak_memory_mib']} MiB")
    if options.record:
        write_whole(workspace.root, {RUNTIMES: json.dumps(measured, indent=1) + "\n"})
        stage.console.print(f"  {RUNTIMES}")


def time_build(workspace: Workspace, stage: Stages) -> dict[str, float]:
    """Make the whole paper and return the seconds of each stage, that of rendering last."""
    asked = argparse.Namespace(renderer="auto", formats=DEFAULT, draft=False, only_render=False)
    rendering = render_paper(asked, workspace, stage)
    return stage.seconds | {RENDERING: rendering}


def installed(home: Path) -> dict[str, dict[str, float]]:
    """Return what nox's environments of this Python took: seconds, gigabytes on disk; by lock."""
    took = {}
    python = home.name.rpartition("-")[0].partition("-")[2]  # of paper-cpython-311-1a2b3c4d
    for ready in sorted(home.parent.glob(f"*-{python}-*/ready")):
        size = sum(path.lstat().st_blocks * 512 for path in ready.parent.rglob("*"))
        seconds = float(ready.read_text(encoding="utf-8"))
        took[ready.parent.name.partition("-")[0]] = {"seconds": seconds, "gb": round(size / 1e9, 1)}
    return took


def describe_machine() -> dict[str, str | int]:
    """Name what the times depend on; no host name, which says nothing to others."""
    return {
        "processor": _processor(),
        "processors": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    """Return the processor's model: Linux tells it only in a file."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


BENCH = Command("bench", _configure, _run)
