"""One file, one input format: each module defines `SOURCE`."""
