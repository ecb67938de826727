"""Analysis behind the paper on rare-earth headlines and US-listed rare-earth miners."""
