"""The functions of the package itself: imported at once, documented by examples that run."""

from __future__ import annotations

import argparse
import doctest
import inspect
import re
import subprocess
import sys
from dataclasses import MISSING, fields
from pathlib import Path

import pandas as pd
import pytest

import analysis
from analysis.commands.base import add_options, read_options
from analysis.errors import UserDataError
from analysis.userfiles.options import (
    BetaOptions,
    CorrelateOptions,
    EventOptions,
    OutputOptions,
    ReadingOptions,
)

ROOT = Path(__file__).parents[2]
OPTIONS = {"event-study": EventOptions, "beta": BetaOptions, "correlate": CorrelateOptions}
FUNCTIONS = {
    "event_study": EventOptions,
    "relative_beta": BetaOptions,
    "correlate": CorrelateOptions,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_examples_of_the_docstrings_run(name, monkeypatch):
    """From the root of the repository, with the output that they show."""
    monkeypatch.chdir(ROOT)
    found = doctest.DocTestFinder().find(getattr(analysis, name), name, globs={})
    assert found[0].examples
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    assert [runner.run(test).failed for test in found] == [0]


@pytest.mark.slow
def test_import_waits_for_no_library():
    """Neither numpy nor pandas is loaded until a function is asked for, and no name is made up."""
    code = (
        "import sys, analysis; assert not {'numpy', 'pandas'} & set(sys.modules);"
        "assert analysis.correlate.__name__ == 'correlate' and 'pandas' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    with pytest.raises(AttributeError, match="no attribute 'event_studies'"):
        _ = analysis.event_studies


@pytest.mark.parametrize(("name", "options"), FUNCTIONS.items())
def test_signature_and_docstring_show_every_option(name, options):
    """The keywords are the fields, with their defaults."""
    function = getattr(analysis, name)
    shown = inspect.signature(function).parameters
    for field in fields(options):
        default = inspect.Parameter.empty if field.default is MISSING else field.default
        assert shown[field.name].default == default
        assert f"\n{field.name} : " in (inspect.getdoc(function) or "")


@pytest.mark.parametrize("options", OPTIONS.values())
def test_a_command_without_options_has_the_defaults_of_the_function(options):
    """What is not given on the command line is what the dataclass says."""
    parser = argparse.ArgumentParser()
    add_options(parser, options)
    needed = [field.name for field in fields(options) if field.default is MISSING]
    words = [word for name in needed for word in (f"--{name}", "A")]
    expected = options(**dict.fromkeys(needed, "A"))
    assert read_options(parser.parse_args(words), options) == expected


@pytest.mark.parametrize(
    ("command", "options"),
    [*OPTIONS.items(), ("own-files", ReadingOptions), ("own-files", OutputOptions)],
)
def test_the_how_to_tells_every_option_and_its_default(command, options):
    """The tables of docs/ and the dataclasses say the same."""
    text = (ROOT / f"docs/{command}.md").read_text("utf-8")
    told: dict[str, str] = {}
    for row in re.findall(r"^\| `--.*\|$", text, re.MULTILINE):
        names, _, defaults = (cell.strip() for cell in row.strip("|").split(" | "))
        defaults = defaults.replace("`", "")
        flags = re.findall(r"--[a-z-]+", names)
        told |= dict(zip(flags, defaults.split(", "), strict=False))
        told |= dict.fromkeys(set(flags) - set(told), defaults)
    for name, (option, _) in options.described().items():
        default = getattr(options, name, None)
        flag = option.flag or f"--{name.replace('_', '-')}"
        if option.flag == "":
            continue
        assert flag in told
        if isinstance(default, (float, str)) or type(default) is int:
            assert told[flag] == str(default).removesuffix(".0")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"returns": "both"}, "returns: expected one of simple, log, found both"),
        ({"seed": -1}, "seed: expected 0 or more, found -1"),
        ({"assets": "MPP"}, "prices: expected a column 'MPP', found MP, CRML"),
    ],
)
def test_option_that_cannot_be_used_is_named(options, said):
    """Field, expected and found, before anything is computed."""
    prices = pd.DataFrame({"MP": [1.0], "CRML": [1.0], "SPY": [1.0]})
    with pytest.raises(UserDataError, match=re.escape(said)):
        analysis.relative_beta(prices, benchmark="SPY", **options)
