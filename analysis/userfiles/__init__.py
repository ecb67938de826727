"""The estimators on a user's own files, without the study."""
