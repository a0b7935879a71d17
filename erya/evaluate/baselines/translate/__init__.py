"""Classical baselines of the task translate; one file is one baseline."""
