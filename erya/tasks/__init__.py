"""What the models are for: one file is one task, from a record to a batch and from an output to an answer."""
