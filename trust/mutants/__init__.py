"""Small changes of the package, one at a time, that its tests should notice."""
