"""Metrics of the task answer; one file is one metric."""
