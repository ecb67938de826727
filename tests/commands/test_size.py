"""``size``: the record of simulations is checked, or counted anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.__main__ import main
from analysis.questions.size import record

pytestmark = pytest.mark.slow  # every cell's first replications


def test_the_committed_record_is_current(capsys):
    """--check says so and ends with 0."""
    assert main(["size", "--check"]) == 0
    assert "simulations/ is what a full run gives today" in capsys.readouterr().out


def test_a_record_of_fewer_replications_is_not_what_a_full_run_gives(capsys, monkeypatch):
    """What is missing is named with the command that counts it."""
    kept = record.read_record()
    few = replace(kept, settings=kept.settings | {"replications": 5})
    monkeypatch.setattr(record, "read_record", lambda: few)
    monkeypatch.setattr(record, "probe", lambda cell, *_: few.probe[cell.name])
    assert main(["size", "--check"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "replications: recorded 5, wanted" in said
    assert record.REMEDY in said
    assert "simulations/ is not what a full run gives today" in said


def test_a_short_run_prints_its_rates_and_writes_nothing(capsys):
    """One replication a cell, in this process; the record stays as it was."""
    before = {path.name: path.read_bytes() for path in record.FOLDER.iterdir()}
    assert main(["size", "--replications", "1", "--processes", "1"]) == 0
    said = capsys.readouterr().out
    assert "pooled_tightening" in said
    assert "Written" not in said
    assert {path.name: path.read_bytes() for path in record.FOLDER.iterdir()} == before
