"""What became of runs, from the records of a storage alone."""
