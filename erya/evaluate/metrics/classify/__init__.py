"""Metrics of the task classify; one file is one metric."""
