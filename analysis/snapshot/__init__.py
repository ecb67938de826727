"""Data in: load, validate and hash the committed data; rebuild what follows from them."""
