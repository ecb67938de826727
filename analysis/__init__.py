"""Analysis behind the paper on rare-earth headlines and US-listed rare-earth miners."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  said before a library or a newer syntax is missed
    sys.exit(f"error: needs Python 3.11 or later, found {sys.version.split()[0]}")

__version__ = "0.1.0"
