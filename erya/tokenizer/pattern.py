r"""How text is cut into pieces before BPE: the pattern new tokenizers are trained with, and the foreign ones known.

The pattern is stored in tokenizer.json and read from there; this module only says what is written into new files and
which patterns the two regex engines (Oniguruma in `tokenizers`, Rust `regex` in `tiktoken`) are proven to cut alike.

Why each part of `PATTERN` is as it is:

- Words: letters and marks with one leading space or punctuation mark, as in GPT-4's. Han characters are taken out of
  the class, because Chinese has no spaces and a whole clause would become one piece. English contractions need no
  part of their own: in "don't" the piece "'t" is a word with a leading mark.
- Han: runs of at most 4. On 6.4 MB of Chinese law and a vocabulary of 8,192, runs of 1, 2, 4, 8 and without limit
  cost 0.96, 0.67, 0.61, 0.56 and 0.52 tokens per character, and 100, 97, 192, 314 and 369 MB and 1.0, 1.2, 3.9, 7.5
  and 7.8 s of training; the number of different runs keeps growing with the text beyond that.
- Digits: at most 3 together, so that numbers do not fill the vocabulary.
- Punctuation with one leading space and the line ends after it; line ends with the blanks before them; other blanks.
- No look-ahead, unlike GPT-4's `\s+(?!\S)`: without it the whole pattern runs in linear time on `tiktoken`'s
  automaton, twice as fast on English at the same tokens per byte (4.19), and a word after an indent is the same token
  as a word at the start of a line.
"""

PATTERN = "|".join(
    (
        r"[^\r\n\p{L}\p{N}]?[\p{L}\p{M}&&[^\p{Han}]]+",
        r"\p{Han}{1,4}",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n]*",
        r"\s*[\r\n]+",
        r"\s+",
    )
)

# Source: https://github.com/openai/gpt-2/blob/master/src/encoder.py
GPT2_PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"

PROVEN_PATTERNS = frozenset({PATTERN, GPT2_PATTERN})
