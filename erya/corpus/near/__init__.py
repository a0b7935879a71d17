"""Near-duplicates: documents most of whose shingles an earlier document holds as well."""
