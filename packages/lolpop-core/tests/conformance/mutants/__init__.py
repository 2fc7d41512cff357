"""Orchestrators that each break one rule, and keep the others of its family."""
