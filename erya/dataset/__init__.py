"""From a corpus and a tokenizer to batches: memory-mapped tokens, rows, and a loader whose state is a few integers."""
