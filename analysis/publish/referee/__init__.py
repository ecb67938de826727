"""The form that a data editor fills about a replication package, filled from the build itself."""
