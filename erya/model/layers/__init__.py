"""The parts of a transformer, each written once."""
