"""What git is asked, and the states of a clone that end in one clear line."""

from __future__ import annotations

import subprocess

import pytest

from analysis.errors import RepositoryError
from analysis.publish.review.repository import Repository


def one_line(error) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


def test_default_base_is_the_merge_base_with_main(clone):
    """Commits that main gained since the branch left it are not part of the change."""
    fork = clone.publish()
    clone.git("checkout", "-q", "-b", "change")
    clone.commit({"analysis/a.py": ""})
    clone.git("checkout", "-q", "main")
    clone.commit({"analysis/b.py": ""})
    clone.git("checkout", "-q", "change")
    assert Repository(clone.root).base(None) == fork


def test_unknown_base_names_what_is_near(clone):
    """A misspelt branch gets the nearest names."""
    clone.publish()
    clone.git("branch", "wider-window")
    with pytest.raises(RepositoryError) as error:
        Repository(clone.root).base("wider-windows")
    assert "wider-window" in one_line(error).split("nearest: ")[1]


def test_shallow_clone_says_how_to_deepen(clone, tmp_path):
    """A base that a shallow clone lacks is not called unknown: the line says what to run."""
    first = clone.publish()
    clone.commit({"analysis/a.py": ""})
    shallow = tmp_path / "shallow"
    subprocess.run(
        ["git", "clone", "-q", "--depth", "1", f"file://{clone.root}", str(shallow)], check=True
    )
    with pytest.raises(RepositoryError, match=r"shallow clone.*git fetch --unshallow") as error:
        Repository(shallow).base(first)
    one_line(error)


def test_dirty_tree_names_the_file(clone):
    """An edit below data/ stops the comparison; one in the README does not."""
    clone.publish()
    repository = Repository(clone.root)
    clone.write({"README.md": "edited"})
    repository.require_clean()
    clone.write({"data/events.csv": "edited"})
    with pytest.raises(RepositoryError, match=r"data/.*: expected a clean tree.*commit") as error:
        repository.require_clean()
    one_line(error)


@pytest.mark.parametrize(("study", "remedy"), [(False, "clone it anew"), (True, "git init")])
def test_folder_that_is_no_clone(tmp_path, study, remedy):
    """An unpacked archive has no history to compare with; a new study has none yet."""
    with pytest.raises(RepositoryError, match=f"expected a git clone, found none; .*{remedy}"):
        Repository(tmp_path, study=study).base(None)


def test_results_come_from_the_commit_and_not_from_the_disk(clone):
    """What is on disk does not enter the base."""
    base = clone.publish(verdicts={"C1": "supported"}, tables={"t": "| 1 |"})
    clone.publish(verdicts={"C1": "mixed"}, tables={"t": "| 2 |"})
    found = Repository(clone.root).results(base, "base")
    assert found["claim"]["C1"]["verdict"] == "supported"
    assert found["table"]["t"]["text"] == "| 1 |"


def test_extract_writes_a_version_and_leaves_the_clone_alone(clone, tmp_path):
    """The base's code is unpacked elsewhere; no worktree, no change of branch."""
    base = clone.commit({"analysis/a.py": "old"})
    clone.commit({"analysis/a.py": "new"})
    Repository(clone.root).extract(base, tmp_path / "out")
    assert (tmp_path / "out/analysis/a.py").read_text() == "old"
    assert clone.git("worktree", "list").count("\n") == 0
