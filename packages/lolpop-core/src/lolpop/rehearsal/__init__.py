"""The rehearsal: a workflow run plainly and as its steps, and what makes the difference."""
