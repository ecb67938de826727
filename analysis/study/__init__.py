"""The words of a study: its panel, episodes, responses, placebo sessions and claims."""
