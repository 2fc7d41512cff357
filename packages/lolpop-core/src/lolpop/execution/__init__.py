"""Running one step: the command that every engine starts, and what it does."""
