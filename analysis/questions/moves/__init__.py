"""Whether headlines move the shares at all, whatever the direction."""
