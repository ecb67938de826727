"""The data: the sample, and the choices that the prose states."""
