"""The command line, one module a group of commands; ``COMMANDS`` lists them in order of use."""

from __future__ import annotations

from analysis.commands import (
    bench,
    beta,
    correlate,
    data,
    diff,
    event_study,
    explain,
    init,
    paper,
    preview,
    readme,
    refresh,
    reproduce,
    size,
)
from analysis.commands.base import Command, Stages, Workspace

__all__ = ["COMMANDS", "Command", "Stages", "Workspace"]

COMMANDS: tuple[Command, ...] = (
    data.DATA,
    paper.RESULTS,
    paper.PAPER,
    preview.PREVIEW,
    bench.BENCH,
    diff.DIFF,
    explain.EXPLAIN,
    reproduce.REPRODUCE,
    readme.README,
    event_study.EVENT_STUDY,
    beta.BETA,
    correlate.CORRELATE,
    size.SIZE,
    refresh.REFRESH,
    init.INIT,
)
