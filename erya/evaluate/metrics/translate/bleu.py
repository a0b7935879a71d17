"""BLEU as sacrebleu computes it: cased, its tokenizer chosen from the language (Post 2018)."""

from erya.evaluate.scoring.translations import TranslationMetric, bleu_of, bleu_scorer

METRIC = TranslationMetric("BLEU", bleu_scorer, bleu_of)
