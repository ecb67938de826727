"""Bring the snapshot up to date from Yahoo and UN Comtrade; nothing old is changed unseen."""
