"""Analysis behind the paper on rare-earth headlines and US-listed rare-earth miners."""

__version__ = "0.1.0"
