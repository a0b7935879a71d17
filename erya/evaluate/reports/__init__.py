"""Evaluations as JSON, Markdown, HTML and tables in the terminal."""
