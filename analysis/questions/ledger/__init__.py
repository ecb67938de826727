"""The ledger: every claim with what decides it, and the same rules out of sample."""
