"""Classical baselines of the task classify; one file is one baseline."""
