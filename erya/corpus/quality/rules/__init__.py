"""Quality rules; one file holds those of one publication."""
