"""Classical language models; one file is one baseline."""
