"""The checks behind the boxes: each reads a build and answers with the line that shows it."""

from __future__ import annotations

import csv
import hashlib
import re
from collections import defaultdict
from collections.abc import Callable
from io import StringIO
from pathlib import PurePosixPath

from analysis.publish.readme_parts import EXHIBITS, RUNTIMES
from analysis.publish.referee.answers import CANNOT, Answer, Build, find_line, tell
from analysis.publish.referee.boxes import Box
from analysis.publish.review.compare import Comparison
from analysis.publish.review.usage import Kind

__all__ = ["CHECKS", "answer"]

LARGE = 100 * 10**6  # bytes
OPEN = (".csv", ".toml", ".json", ".md")
PACKED = (".zip", ".tar", ".gz", ".bz2", ".xz", ".7z", ".rar")
SOURCES = (".py", ".lua", ".js", ".R")
COMPILED = (".pyc", ".so", ".dll", ".exe", ".jar", ".o")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[a-z]{2,}")
_PLAIN = re.compile(r"[\w./+-]{1,200}")
_ENTRY = re.compile(r"^([A-Za-z][\w.-]*)==(\S+)(.*?)(?=^[A-Za-z]|\Z)", re.MULTILINE | re.DOTALL)
TWICE = 2.0  # times the stated run time


def answer(build: Build, box: Box) -> Answer:
    """Answer a box in its own way."""
    if box.way == "line":
        name, words = box.how
        return find_line(build, name, words)
    if box.way == "cannot":
        return Answer(CANNOT, box.how[0])
    return CHECKS[box.how[0]](build)


def terms_stated(build: Build) -> Answer:
    """Every file of the data names its terms in the manifest."""
    faults = [f"data/{n}: no terms" for n, entry in build.manifest.items() if not entry["licence"]]
    return tell(faults, f"data/manifest.json: terms of {len(build.manifest)} files")


def sources_described(build: Build) -> Answer:
    """Every file of the data names its source and how it was obtained."""
    faults = [
        f"data/{name}: no {part}"
        for name, entry in build.manifest.items()
        for part in ("source", "obtained")
        if not entry[part]
    ]
    return tell(faults, f"data/manifest.json: source and way of {len(build.manifest)} files")


def needs_stated(build: Build) -> Answer:
    """The README states time, memory and room on disk."""
    readme = build.text("README.md")
    faults = [
        f"README.md: no '{words}'" for words in ("| all |", "MiB", "GB") if words not in readme
    ]
    return tell(faults, f"README.md, from {RUNTIMES}: seconds by stage, MiB of memory, GB on disk")


def exhibits_listed(build: Build) -> Answer:
    """The list of exhibits names everything that the paper prints."""
    listed = build.text(EXHIBITS)
    faults = [
        f"{EXHIBITS}: no {e.kind} {e.name}" for e in build.exhibits if f"`{e.name}`" not in listed
    ]
    return tell(faults, f"{EXHIBITS}: {len(build.exhibits)} entries")


def data_provided(build: Build) -> Answer:
    """Every file of the manifest is there with its hash."""
    faults = []
    for name, entry in build.manifest.items():
        path = build.root / "data" / name
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"
        if found != entry["sha256"]:
            faults.append(f"data/{name}: expected {entry['sha256'][:12]}, found {found[:12]}")
    return tell(faults, f"data/manifest.json: {len(build.manifest)} files have their hashes")


def open_formats(build: Build) -> Answer:
    """Files of the data are plain text."""
    names = [name for name in build.files if name.startswith("data/")]
    faults = [name for name in names if not name.endswith(OPEN)]
    kinds = sorted({PurePosixPath(name).suffix for name in names})
    return tell(faults, f"data/: {len(names)} files, {', '.join(kinds)}")


def variables_described(build: Build) -> Answer:
    """Every column of a CSV below ``data/`` stands in its dictionary.

    That of a family of columns may stand for it by how it begins: ``day0_...``.
    """
    told, count, faults = build.text("data/README.md"), 0, []
    begins = tuple(re.findall(r"`(\w+)\.\.\.`", told))
    for name in build.files:
        if name.startswith("data/") and name.endswith(".csv"):
            columns = next(csv.reader(StringIO(build.text(name))), [])
            count += len(columns)
            faults += [
                f"data/README.md: no `{column}` of {name}"
                for column in columns
                if f"`{column}`" not in told and not (begins and column.startswith(begins))
            ]
    return tell(faults, f"data/README.md: all {count} columns")


def data_cited(build: Build) -> Answer:
    """Every reference that is a data set is cited by the text."""
    entries = re.findall(r"@\w+\{(\S+?),(.*?)^\}", build.text("paper/references.bib"), re.M | re.S)
    sets = [key for key, words in entries if "{Data set" in words]
    texts = "".join(build.text(n) for n in build.files if n.startswith("paper/sections/"))
    faults = [f"paper/references.bib: {key} is not cited" for key in sets if f"@{key}" not in texts]
    if not sets:
        faults = ["paper/references.bib: no entry is a data set"]
    return tell(faults, f"paper/references.bib: {', '.join(sets)}")


def derived_made(build: Build) -> Answer:
    """What is derived is no committed file: this run made it."""
    faults = [name for name in build.files if name.startswith("data/derived/")]
    return tell(faults, "analysis/snapshot/derived.py: made in each run, checked by hash")


def no_addresses(build: Build) -> Answer:
    """No e-mail address stands in the data."""
    faults = [
        f"{name}: {found[0]}"
        for name in build.files
        if name.startswith("data/") and (found := _ADDRESS.search(build.text(name)))
    ]
    return tell(faults, "data/: none in any file")


def no_packed_files(build: Build) -> Answer:
    """No file is an archive."""
    return tell([n for n in build.files if n.endswith(PACKED)], f"{len(build.files)} files, none")


def no_empty_files(build: Build) -> Answer:
    """No file has zero bytes."""
    faults = [name for name in build.files if not (build.root / name).stat().st_size]
    return tell(faults, f"{len(build.files)} files, none")


def no_twins(build: Build) -> Answer:
    """No two files of the data have the same bytes."""
    groups = defaultdict(list)
    for name in build.files:
        if name.startswith("data/"):
            groups[hashlib.sha256((build.root / name).read_bytes()).hexdigest()].append(name)
    faults = [" is ".join(names) for names in groups.values() if len(names) > 1]
    return tell(faults, f"data/: {len(groups)} files, none")


def no_large_files(build: Build) -> Answer:
    """No file is larger than deposits like."""
    sizes = {(build.root / name).stat().st_size: name for name in build.files}
    largest = max(sizes)
    faults = [f"{name}: {size / 1e6:.0f} MB" for size, name in sizes.items() if size > LARGE]
    return tell(faults, f"the largest is {sizes[largest]}, {largest / 1e6:.1f} MB")


def plain_paths(build: Build) -> Answer:
    """No path has blanks or other characters that some systems do not know."""
    faults = [name for name in build.files if not _PLAIN.fullmatch(name)]
    return tell(faults, f"{len(build.files)} files, none longer than {max(map(len, build.files))}")


def periods_given(build: Build) -> Answer:
    """The manifest gives the days of every data set that has any."""
    spans = [entry["span"] for entry in build.manifest.values() if entry["span"]]
    if not spans:
        return tell(["data/manifest.json: no span"], "")
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    return tell([], f"data/manifest.json: {first} to {last}")


def programs_found(build: Build) -> Answer:
    """Every exhibit names a function, and it stands where it says."""
    functions = {exhibit.program for exhibit in build.exhibits}
    return tell([], f"{len(build.exhibits)} exhibits, {len(functions)} functions, each found")


def code_is_source(build: Build) -> Answer:
    """No file is compiled."""
    count = sum(name.endswith(SOURCES) for name in build.files)
    return tell([n for n in build.files if n.endswith(COMPILED)], f"{count} files of source")


def pinned(build: Build) -> Answer:
    """Every package of every lock has a hash."""
    faults, count = [], 0
    for name in build.files:
        if name.startswith("requirements/"):
            for package, version, rest in _ENTRY.findall(build.text(name)):
                count += 1
                if "--hash=sha256:" not in rest:
                    faults.append(f"{name}: {package}=={version} has no hash")
    return tell(faults, f"requirements/: {count} pins, each with hashes")


def ran(build: Build) -> Answer:
    """That this form exists says that the run came to its end."""
    return tell([], f"{len(build.seconds)} stages in {sum(build.seconds.values()):.0f} s")


def tables_agree(build: Build) -> Answer:
    """Every table is the one that was committed."""
    return _agree(build, "table", lambda d: [f"table {n}" for n in d.tables], "cell by cell")


def figures_agree(build: Build) -> Answer:
    """Every figure has the data that were committed."""
    named = "by hash of their data"
    return _agree(build, "figure", lambda d: [f"figure {n}" for n in d.figures], named)


def numbers_identified(build: Build) -> Answer:
    """The render refuses a numeral that no result explains, so the page has none."""
    count = _count(build, "number")
    return tell([], f"{count} numbers in the text; the render refuses any other numeral")


def numbers_agree(build: Build) -> Answer:
    """No number that the text cites differs from the committed one."""
    return _agree(
        build,
        "number",
        lambda d: [f"{move.key}: {move.old} and {move.new}" for move in d.moves],
        "to ten digits",
    )


def sentences_fit(build: Build) -> Answer:
    """Every sentence that states a verdict states the computed one."""
    return tell(list(build.misfits), f"{_count(build, 'claim')} verdicts that sentences state")


def time_as_stated(build: Build) -> Answer:
    """The run took no more than twice what the README says."""
    stated, took = sum(build.stated["seconds"].values()), sum(build.seconds.values())
    shown = f"{took:.0f} s here, {stated:.0f} s stated for {build.stated['machine']['processor']}"
    return tell([] if took <= TWICE * stated else [shown], shown)


def second_machine(build: Build) -> Answer:
    """A receipt for these bytes bears two signatures."""
    if len(build.receipts) > 1:
        return Answer("yes", f"signed by {', '.join(build.receipts)}")
    found = f"{len(build.receipts)} signatures for these bytes in paper/_output/receipt.json"
    return Answer(CANNOT, f"{found}; a second machine adds its own with nox -s reproduce -- --key")


def _agree(
    build: Build, kind: str, list_faults: Callable[[Comparison], list[str]], how: str
) -> Answer:
    """Answer by what differs from the results before the run, if there were any."""
    if build.difference is None:
        return Answer(CANNOT, "there were no results before this run")
    count = build.difference.counts.get(kind, 0)
    return tell(list_faults(build.difference), f"{count} {kind}s, {how}")


def _count(build: Build, kind: Kind) -> int:
    return sum(exhibit.kind == kind for exhibit in build.exhibits)


CHECKS: dict[str, Callable[[Build], Answer]] = {
    check.__name__: check
    for check in (
        terms_stated, sources_described, needs_stated, exhibits_listed, data_provided,
        open_formats, variables_described, data_cited, derived_made, no_addresses,
        no_packed_files, no_empty_files, no_twins, no_large_files, plain_paths, periods_given,
        programs_found, code_is_source, pinned, ran, tables_agree, figures_agree,
        numbers_identified, numbers_agree, sentences_fit, time_as_stated, second_machine,
    )
}  # fmt: skip
"""By the name that a box gives."""
