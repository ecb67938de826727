"""``nox -s fuzz``: corrupted inputs, and those that gave a traceback, no end or a wrong pass."""

from __future__ import annotations

import argparse
import faulthandler
import random
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from analysis.errors import StudyError
from trust.figures import add_record_option, keep
from trust.fuzz.corrupt import corrupt
from trust.fuzz.readers import Reader, list_readers

WHOLE = 20_000  # inputs
LIMIT = 30  # seconds after which a reader has no end


class NoEndError(Exception):
    """A reader took longer than it may."""


def main() -> int:
    """Corrupt, read, print; 1 if any input gave what none may."""
    options = _parse()
    until = time.monotonic() + 60 * options.minutes
    counts: Counter[str] = Counter()
    faults: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
        readers = [r for r in list_readers(Path(place)) if options.only in r.name]
        _check_sound(readers)
        weights = [reader.weight for reader in readers]
        for number in range(options.first, options.first + options.inputs):
            if time.monotonic() > until:
                break
            draw = random.Random(f"{options.seed} {number}")
            (reader,) = draw.choices(readers, weights)
            how, told = _try(reader, draw)
            counts[how] += 1
            if how in ("traceback", "no end", "passed with another hash", "several lines"):
                place = told.partition(" (")[0]
                if place not in faults:
                    print(f"{how}: input {number}, {reader.name}: {told}", flush=True)
                faults.setdefault(place, reader.name)
    told = ", ".join(f"{count:,} {how}" for how, count in sorted(counts.items()))
    print(f"{counts.total()} inputs, seed {options.seed}: {told}")
    if options.record:
        keep("fuzz", tried=counts.total(), whole=WHOLE, found=told, seed=options.seed)
    return int(bool(faults))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s fuzz --", description=__doc__)
    add = parser.add_argument
    add("--inputs", type=int, default=WHOLE, help=f"how many (default: {WHOLE})")
    add("--first", type=int, default=0, help="number of the first, to repeat one (default: 0)")
    add("--seed", type=int, default=1, help="of all of them (default: 1)")
    add("--minutes", type=float, default=30, help="after which none is begun (default: 30)")
    add("--only", default="", metavar="WORDS", help="readers with these words in their name")
    add_record_option(parser)
    return parser.parse_args()


def _check_sound(readers: list[Reader]) -> None:
    """Stop if a reader refuses its sound file: then it would refuse all, and nothing be learned."""
    for reader in readers:
        reader.read(reader.folder)


def _try(reader: Reader, draw: random.Random) -> tuple[str, str]:
    """Return how a reader took a corrupted file, and its words or the place that failed."""
    path = reader.folder / reader.file
    sound = path.read_bytes()
    content, what = corrupt(sound, draw)
    try:
        path.write_bytes(content)
        with warnings.catch_warnings(), _bounded():
            warnings.simplefilter("ignore")  # a line of a library is no traceback
            reader.read(reader.folder)
    except StudyError as error:
        lines = str(error).splitlines()
        # Several files with a fault have a line each.
        return (
            ("refused", "") if len(lines) <= 1 or ":" in lines[0] else ("several lines", lines[0])
        )
    except NoEndError:
        return "no end", what
    except Exception as error:
        return "traceback", f"{_place(error)} ({type(error).__name__}: {str(error)[:120]}; {what})"
    finally:
        path.write_bytes(sound)
    if reader.hashed and content != sound:
        return "passed with another hash", what
    return "read", ""


def _place(error: BaseException) -> str:
    """Return the last place of the package that an error came through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/analysis/" in frame.filename]
    last = (ours or frames)[-1]
    return f"{last.filename.rpartition('/analysis/')[2]}:{last.lineno}"


@contextmanager
def _bounded() -> Iterator[None]:
    """Raise in whatever takes too long."""

    def stop(_: int, __: FrameType | None) -> None:
        raise NoEndError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


if __name__ == "__main__":
    faulthandler.enable()
    sys.exit(main())
