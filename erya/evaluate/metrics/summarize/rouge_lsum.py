"""ROUGE-Lsum: F-measure of the longest common subsequences of two summaries' sentences, one sentence a line."""

from erya.evaluate.scoring.rouge import Rouge

METRIC = Rouge("ROUGE-Lsum", "rougeLsum")
