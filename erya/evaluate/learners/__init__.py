"""What the classical baselines learn with: words, spans, extracts, text classifiers."""
