"""Runners, pipelines and components: the object tree, its configuration, its decoration."""
