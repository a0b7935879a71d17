"""One file, one metric: each module defines `METRIC`."""
