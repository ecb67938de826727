"""The command line, one module a group of commands; ``NAMES`` lists them in order of use."""

from __future__ import annotations

from importlib import import_module

from analysis.commands.base import Command, Stages, Workspace

__all__ = ["NAMES", "Command", "Stages", "Workspace", "find_command"]

NAMES: dict[str, tuple[str, str]] = {
    "data": ("data", "verify data/ and rebuild data/derived/"),
    "results": ("paper", "compute every result and write paper/results/"),
    "paper": ("paper", "compute every result and render the paper"),
    "preview": ("preview", "serve the page on this machine and build it again on change"),
    "bench": ("bench", "time every stage and name the machine and the peak memory"),
    "diff": ("diff", "show what a change did to the results, against another version"),
    "explain": ("explain", "trace one number, claim, figure or table to its rows"),
    "reproduce": ("reproduce", "build the paper three times in clean folders and compare"),
    "referee": ("referee", "fill a replication report from a build, or verify a receipt"),
    "release": ("release", "pack one archive of this version for a deposit"),
    "readme": ("readme", "write the generated parts of the READMEs"),
    "event-study": ("own_files", "run an event study on your own files"),
    "beta": ("own_files", "estimate relative betas on your own prices"),
    "correlate": ("own_files", "correlate your own series at leads and lags"),
    "size": ("size", "simulate size and power of every test (minutes)"),
    "refresh": ("refresh", "bring the data up to date from Yahoo and UN Comtrade"),
    "init": ("init", "write a starting point for a study of your own"),
}
"""Each command with its module, in which it is a constant of the same name, and what it does."""


def find_command(name: str) -> Command:
    """Import the module of one command alone: the others take a second that it need not wait."""
    module = import_module(f"analysis.commands.{NAMES[name][0]}")
    found: Command = getattr(module, name.upper().replace("-", "_"))
    return found
