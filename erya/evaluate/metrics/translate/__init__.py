"""Metrics of the task translate; one file is one metric."""
