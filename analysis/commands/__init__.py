"""Commands on a user's own files: the estimators without the study."""
