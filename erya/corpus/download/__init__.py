"""Public sets of text: where they are, and how to get them whole, checked and in one piece after a cut line."""
