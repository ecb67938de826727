"""The study itself: one module per question, estimators applied to the snapshot."""
