"""Corrupted inputs for every reader: each is read or refused in one line, never a traceback."""
