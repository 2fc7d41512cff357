"""The life of a deployment: what the verbs do, on the orchestrator that is named."""
