"""From any text to a corpus directory: read, cleaned, deduplicated, split, stored as Parquet shards with a manifest."""
