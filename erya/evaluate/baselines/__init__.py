"""Classical baselines, in a folder for each task; one file is one baseline."""
