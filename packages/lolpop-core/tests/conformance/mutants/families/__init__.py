"""The mutants, family by family."""
