"""Analysis behind the paper on rare-earth headlines and US-listed rare-earth miners.

``event_study``, ``relative_beta`` and ``correlate`` work on frames of one's own: frames in, a
result with frames and a ``summary()`` out.
"""

import sys
from typing import TYPE_CHECKING, Any

OLDEST = (3, 11)  # said here, before a library or a newer syntax is missed
if sys.version_info < OLDEST:
    sys.exit(f"error: needs Python 3.11 or later, found {sys.version.split()[0]}")

if TYPE_CHECKING:
    from analysis.userfiles.beta import relative_beta
    from analysis.userfiles.correlate import correlate
    from analysis.userfiles.event_study import event_study

__all__ = ["__version__", "correlate", "event_study", "relative_beta"]
__version__ = "0.2.0"

_MODULES = {"correlate": "correlate", "event_study": "event_study", "relative_beta": "beta"}


def __getattr__(name: str) -> Any:
    """Import a function when it is asked for: its libraries take a second."""
    if name not in _MODULES:
        raise AttributeError(f"module 'analysis' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"analysis.userfiles.{_MODULES[name]}"), name)
