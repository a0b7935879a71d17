"""Metrics, in a folder for each task; one file is one metric."""
