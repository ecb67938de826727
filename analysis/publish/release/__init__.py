"""One archive of a version: code, data, results and paper, with what a deposit asks about them."""
