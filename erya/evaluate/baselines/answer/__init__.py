"""Classical baselines of the task answer; one file is one baseline."""
