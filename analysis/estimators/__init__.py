"""The maths: pure functions on arrays and frames; they know nothing of files or of the study."""
