"""What the results on disk were made from: hashes of data and code, kept beside the figures.

The record is no committed file, as the figures are none: results do not differ between machines,
and a clone has none before its first run.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from analysis.publish.result_set import MADE

__all__ = ["Inputs", "differing", "hash_files", "hash_inputs", "keep_record", "moved"]

RECORD = Path("figures/made-from.json")
CODE = Path(__file__).parents[1]
INSIDE = ("history", "registration")  # folders of the data beside derived ones

Inputs = dict[str, Any]


def hash_inputs(root: Path, data: Path, sources: Iterable[Path] = ()) -> Inputs:
    """Hash everything that can move a result.

    That is the code, the study of size below ``root``, the study in ``data``, and the files or
    folders from which the text was made too, which a report's is.

    Returns
    -------
    dict
        ``files``: hash by path; ``versions``: of Python and of every installed package.
    """
    files = hash_files(_files(CODE), CODE.parent) | hash_files(_files(root / "simulations"), root)
    above = root if data.is_relative_to(root) else data  # wherever a study lies, the same names
    for folder in (data, *(data / beside for beside in INSIDE)):
        files |= hash_files(folder.glob("[!.]*"), above)
    for source in sources:
        files |= hash_files([source, *_files(source)], source.parents[1])
    versions = {each.name: each.version for each in distributions()}
    return {"files": files, "versions": versions | {"Python": platform.python_version()}}


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).parts
        if "__pycache__" not in inside and not any(part.startswith(".") for part in inside):
            yield path


def hash_files(paths: Iterable[Path], above: Path) -> dict[str, str]:
    """Return the SHA-256 of the files among some paths, by the path below a folder.

    A file that vanishes meanwhile, as editors' do, is none.
    """
    hashes = {}
    for path in paths:
        if path.is_file():
            with suppress(FileNotFoundError):
                name = path.relative_to(above).as_posix()
                hashes[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return hashes


def differing(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the names whose values differ, in order; a name that one lacks differs."""
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def keep_record(results: Path, inputs: Inputs) -> None:
    """Write down what results were made from, once they are all there."""
    text = json.dumps(inputs | {"results": _results(results)}, indent=1) + "\n"
    (results / RECORD).parent.mkdir(parents=True, exist_ok=True)  # results may hold no figure
    (results / RECORD).write_text(text, encoding="utf-8", newline="\n")


def moved(results: Path, inputs: Inputs) -> str | None:
    """Say which files or versions keep results on disk from being those of the inputs as they are.

    None if nothing does. Packages that only one of two environments holds do not count: no session
    needs more than its own.
    """
    try:
        made = json.loads((results / RECORD).read_text(encoding="utf-8"))
        files, versions, own = made["files"], made["versions"], made["results"]
    except (OSError, ValueError, KeyError, TypeError):
        return "none of a finished run"
    changed = differing(files, inputs["files"])
    shared = sorted(versions.keys() & inputs["versions"].keys())
    now = {name: inputs["versions"][name] for name in shared}
    changed += [f"{n} {versions[n]}, now {now[n]}," for n in shared if versions[n] != now[n]]
    where = f"{results.parent.name}/{results.name}"
    changed += [f"{where}/{name}" for name in differing(own, _results(results))]
    if not changed:
        return None
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return f"{changed[0]}{more} changed since"


def _results(results: Path) -> dict[str, str]:
    record = results / RECORD
    return hash_files((p for p in results.rglob("*") if p.suffix in MADE and p != record), results)
