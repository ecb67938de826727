"""Event windows: what the shares did around the headlines, by direction, firm and day."""
