"""Data out: the results registry, tables, figures and the rendered paper."""
