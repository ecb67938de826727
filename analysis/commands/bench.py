"""``python -m analysis bench``: time and memory of each stage."""

from __future__ import annotations

import argparse
import platform
import resource

from analysis.commands.base import Command, Stages, Workspace, no_options
from analysis.commands.paper import DEFAULT, render_paper

__all__ = ["BENCH"]


def _run(options: argparse.Namespace, workspace: Workspace) -> None:
    stage = Stages()
    options.renderer, options.formats = "auto", DEFAULT
    rendering = render_paper(options, workspace, stage)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    stage.console.print(f"Machine: {platform.node()}, {platform.machine()}, {platform.platform()}")
    stage.console.print(f"Analysis and figures: {sum(stage.seconds.values()):.1f} s")
    stage.console.print(f"Rendering both formats: {rendering:.1f} s")
    stage.console.print(f"Peak memory: {peak:.0f} MiB")


BENCH = Command(
    "bench", "time every stage and print the machine's name and the peak memory", no_options, _run
)
