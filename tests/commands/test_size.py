"""``size``: the record of simulations is checked, or counted anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.__main__ import main
from analysis.questions.size import record

pytestmark = pytest.mark.slow  # every cell's first replications


def kept() -> dict[str, bytes]:
    """Return the files of both records."""
    files = (path for path in record.FOLDER.rglob("*") if path.is_file())
    return {path.relative_to(record.FOLDER).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("rules", [[], ["--registered"]])
def test_the_committed_record_is_current(capsys, rules):
    """--check says so and ends with 0, under either set of rules."""
    assert main(["size", "--check", *rules]) == 0
    assert "simulations/ is what a full run gives today" in capsys.readouterr().out


def test_a_record_of_fewer_replications_is_not_what_a_full_run_gives(capsys, monkeypatch):
    """What is missing is named with the command that counts it."""
    kept = record.read_record()
    few = replace(kept, settings=kept.settings | {"replications": 5})
    monkeypatch.setattr(record, "read_record", lambda _: few)
    monkeypatch.setattr(record, "probe", lambda cell, *_: few.probe[cell.name])
    assert main(["size", "--check"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "replications: recorded 5, wanted" in said
    assert record.REMEDY in said
    assert "simulations/ is not what a full run gives today" in said


def test_a_short_run_prints_its_rates_and_writes_nothing(capsys):
    """One replication a cell, in this process; the record stays as it was."""
    before = kept()
    assert main(["size", "--replications", "1", "--processes", "1"]) == 0
    said = capsys.readouterr().out
    assert "pooled_tightening" in said
    assert "Written" not in said
    assert kept() == before
