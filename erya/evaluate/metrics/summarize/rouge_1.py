"""ROUGE-1: F-measure of the words two summaries share."""

from erya.evaluate.scoring.rouge import Rouge

METRIC = Rouge("ROUGE-1", "rouge1")
