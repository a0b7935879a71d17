"""ROUGE-2: F-measure of the pairs of words two summaries share."""

from erya.evaluate.scoring.rouge import Rouge

METRIC = Rouge("ROUGE-2", "rouge2")
