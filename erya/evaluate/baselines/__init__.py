"""One file, one classical baseline: each module defines `BASELINE`."""
