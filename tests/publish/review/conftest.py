"""Small git repositories with fabricated results."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

SOURCE = {"function": "analysis.questions.a.f", "inputs": ["prices.csv"], "sample": "all"}


def dataset(rows: int = 2, **columns: str) -> dict[str, object]:
    """An entry of datasets.json."""
    return {"rows": rows, "columns": columns, "digest": f"{rows} {columns}"} | SOURCE


def results(
    numbers=None, verdicts=None, figures=None, tables=None, passages=None, datasets=None,
    module="analysis.questions.a",
) -> dict[str, str]:  # fmt: skip
    """The files of paper/results as text."""
    source = SOURCE | {"function": f"{module}.f"}
    header = {"schema": 1, "data": {"as_of": "2026-01-01", "fingerprint": "f"}}
    parts = {
        "numbers.json": {"numbers": numbers or {}},
        "claims.json": {
            "verdicts": {
                k: {"verdict": v, "rule": "r", "evidence": "e"} | source
                for k, v in (verdicts or {}).items()
            }
        },
        "figures.json": {
            "figures": {
                k: {"digest": v, "alt": "", "file": f"figures/{k}.svg"} | source
                for k, v in (figures or {}).items()
            }
        },
        "tables.json": {"tables": dict.fromkeys(tables or {}, source)},
    }
    texts = {name: json.dumps(header | part) for name, part in parts.items()}
    if datasets is not None:
        texts["datasets.json"] = json.dumps(header | {"datasets": datasets})
    texts |= {f"passages/{k}.md": v for k, v in (passages or {}).items()}
    return texts | {f"tables/{k}.md": v for k, v in (tables or {}).items()}


class Clone:
    """A repository that a test fills commit by commit."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(exist_ok=True)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.email", "author@example.org")
        self.git("config", "user.name", "Author")

    def git(self, *words: str) -> str:
        """Run git and return what it says."""
        done = subprocess.run(
            ["git", *words], cwd=self.root, check=True, capture_output=True, encoding="utf-8"
        )
        return done.stdout.strip()

    def write(self, files: dict[str, str]) -> None:
        """Write files without a commit."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def commit(self, files: dict[str, str], message: str = "change") -> str:
        """Commit files and return the commit."""
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def publish(self, **parts) -> str:
        """Commit results."""
        return self.commit({f"paper/results/{k}": v for k, v in results(**parts).items()})


@pytest.fixture
def clone(tmp_path) -> Clone:
    """An empty repository with a paper of two sentences, a table and a figure."""
    made = Clone(tmp_path / "clone")
    made.write(
        {
            "paper/index.qmd": "---\ntitle: T\n---\n\n{{< include sections/a.qmd >}}\n",
            "paper/sections/a.qmd": "First, nothing. The mean is {{< num a.mean >}} here. [It is\n"
            'supported.]{.claim key="C1" is="supported"} Last words.\n\n'
            "{{< table t >}}\n\n![F](results/figures/f.svg){#fig-f}\n",
        }
    )
    return made


@pytest.fixture(scope="session")
def describe() -> Callable[..., dict[str, object]]:
    """Return the maker of entries of datasets.json."""
    return dataset


@pytest.fixture
def fabricate() -> Callable[..., dict[str, str]]:
    """Return the maker of result files."""
    return results
