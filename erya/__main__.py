"""`python -m erya` is the `erya` command."""

from erya.cli import main

if __name__ == "__main__":
    main()
