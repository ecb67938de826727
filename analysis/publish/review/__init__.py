"""Two versions of the results held against each other, for the reviewer of a change."""
