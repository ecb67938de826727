"""Relative beta: of the firms to the market, to the sector and to one another."""
