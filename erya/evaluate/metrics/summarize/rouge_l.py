"""ROUGE-L: F-measure of the longest common subsequence of two summaries, their line breaks ignored."""

from erya.evaluate.scoring.rouge import Rouge

METRIC = Rouge("ROUGE-L", "rougeL")
