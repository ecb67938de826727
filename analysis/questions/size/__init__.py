"""The size and power of every test at the paper's sample, by simulation.

``design`` fixes the cells and calibrates them on the panel, ``draws`` makes the returns,
``rejections`` runs the tests in all cells, ``record`` keeps the outcome in ``simulations/`` and
finds out whether it is stale, ``report`` turns it into results of the paper, ``both_rules`` puts
the amended rules beside the registered ones.
"""
