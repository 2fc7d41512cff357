"""Examine plugins without risk: nothing of theirs is imported into this process."""
