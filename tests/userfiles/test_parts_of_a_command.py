"""Small parts of the commands on a user's own files: factors, seeds, rows and their order."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from analysis.errors import UserDataError
from analysis.userfiles.beta import relative_beta
from analysis.userfiles.factors import name_factors
from analysis.userfiles.options import BetaOptions, CorrelateOptions, EventOptions, SizeOptions
from analysis.userfiles.output import plain_rows
from analysis.userfiles.typeset import write_latex

DAYS = pd.bdate_range("2025-01-02", periods=30)


def test_a_set_of_factors_is_found_under_the_names_of_its_publisher():
    """In their order and whatever their letters; what lacks is told, and only a set needs it."""
    prices = pd.DataFrame({"A": 1.0}, DAYS)
    table = pd.DataFrame(0.0, DAYS, ["HML", "RF", "SMB", "Mkt-RF"])
    assert name_factors(EventOptions(model="ff3"), prices, table) == ("Mkt-RF", "SMB", "HML")
    with pytest.raises(UserDataError, match="expected the factors mktrf, smb, hml, mom in the"):
        name_factors(EventOptions(model="carhart"), prices, table)
    with pytest.raises(UserDataError, match="found no file of factors"):
        name_factors(EventOptions(model="ff3"), prices, None)


def test_one_seed_serves_every_command():
    """A reader who repeats a run without an option gets the same draws, whatever the command."""
    options = (EventOptions, SizeOptions, BetaOptions, CorrelateOptions)
    assert {
        field.default for each in options for field in fields(each) if field.name == "seed"
    } == {1}


def test_rows_of_numbers_have_none_where_one_is_unknown():
    """Also beside known ones, and where it is without bounds."""
    frame = pd.DataFrame({"a": [1.0, np.nan, 3.0], "b": [4.0, 5.0, -math.inf]})
    assert plain_rows(frame) == [[1.0, 4.0], [None, 5.0], [3.0, None]]


def test_assets_without_a_beta_are_named_up_to_three():
    """Four of them: three with their reasons, and how many there are."""
    prices = pd.DataFrame({"SPY": np.exp(np.sin(np.arange(30.0)) / 9)}, DAYS)
    for name in ("A", "B", "C", "D"):
        prices[name] = 5.0
    with pytest.raises(UserDataError, match=r"none of 4 \(A: [^;]*; B: [^;]*; C: [^;]*\);"):
        relative_beta(prices, benchmark="SPY", draws=19)


def test_tables_of_a_paper_come_first_and_the_options_last(tmp_path):
    """Whatever their order in the result: summaries, events, what was skipped, the options."""
    table = pd.DataFrame({"a": [1]})
    names = ["spec", "skipped", "caar", "events", "tests"]
    write_latex(dict.fromkeys(names, table), tmp_path / "r.tex")
    lines = (tmp_path / "r.tex").read_text("utf-8").splitlines()
    told = [line[2:] for line in lines if line[2:] in names]
    assert told == ["caar", "tests", "events", "skipped", "spec"]
