"""One file, one command: here alone the layers are composed, files opened and things printed."""
