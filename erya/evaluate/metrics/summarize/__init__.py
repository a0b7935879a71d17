"""Metrics of the task summarize; one file is one metric."""
