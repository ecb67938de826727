"""The command line, one module a group of commands; ``NAMES`` lists them in order of use."""

from __future__ import annotations

from importlib import import_module

from analysis.commands.base import Command, Stages, Workspace

__all__ = ["NAMES", "Command", "Stages", "Workspace", "find_command"]

NAMES: dict[str, str] = {  # command: its module, in which it is a constant of the same name
    "data": "data",
    "results": "paper",
    "paper": "paper",
    "preview": "preview",
    "bench": "bench",
    "diff": "diff",
    "explain": "explain",
    "reproduce": "reproduce",
    "readme": "readme",
    "event-study": "own_files",
    "beta": "own_files",
    "correlate": "own_files",
    "size": "size",
    "refresh": "refresh",
    "init": "init",
}


def find_command(name: str) -> Command:
    """Import the module of one command alone: the others take a second that it need not wait."""
    module = import_module(f"analysis.commands.{NAMES[name]}")
    found: Command = getattr(module, name.upper().replace("-", "_"))
    return found
