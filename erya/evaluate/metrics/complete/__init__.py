"""Metrics of language models; one file is one metric."""
