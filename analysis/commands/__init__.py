"""The command line, one module a group of commands; ``COMMANDS`` lists them in order of use."""

from __future__ import annotations

from analysis.commands import bench, beta, correlate, data, event_study, paper, preview, size
from analysis.commands.base import Command, Stages, Workspace

__all__ = ["COMMANDS", "Command", "Stages", "Workspace"]

COMMANDS: tuple[Command, ...] = (
    data.DATA,
    paper.RESULTS,
    paper.PAPER,
    preview.PREVIEW,
    bench.BENCH,
    event_study.EVENT_STUDY,
    beta.BETA,
    correlate.CORRELATE,
    size.SIZE,
)
