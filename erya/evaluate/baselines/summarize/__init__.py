"""Classical baselines of the task summarize; one file is one baseline."""
