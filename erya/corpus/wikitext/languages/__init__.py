"""One file = the templates of one language's wiki that become text; each gives a `LANGUAGE`."""
