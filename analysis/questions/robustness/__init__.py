"""Robustness: one choice at a time, and every combination of the choices."""
