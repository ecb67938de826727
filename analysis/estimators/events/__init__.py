"""The maths of event studies: normal returns, abnormal returns, their tests, placebo dates."""
