"""Volatility, other assets and the pair trade around the headlines."""
