"""What models learn from plain text; one file is one objective, with its object `OBJECTIVE`."""
