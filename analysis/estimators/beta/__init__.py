"""Relative beta: slopes by many methods, through time, and their breaks."""
