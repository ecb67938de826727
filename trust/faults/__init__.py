"""Runs that are killed, interrupted, out of room or in a strange place, at random instants."""
