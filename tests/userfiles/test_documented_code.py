"""The Python shown in the how-tos runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = sorted(p.name for p in (ROOT / "docs").glob("*.md") if "```python" in p.read_text("utf-8"))


@pytest.mark.parametrize("name", DOCS)
def test_code_of_the_how_to_runs(name, monkeypatch):
    """From the root of the repository, on the example files."""
    monkeypatch.chdir(ROOT)
    text = (ROOT / "docs" / name).read_text("utf-8")
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(block, name, "exec"), {})
