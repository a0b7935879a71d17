"""How translations, answers, summaries and labels are compared with their references, by their fields' definitions."""
