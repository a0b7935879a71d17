"""The control tokens, declared once. They stand after the learned vocabulary, in this order."""

END_OF_TEXT = "<|endoftext|>"
PAD = "<|pad|>"
TURN_START = "<|im_start|>"
TURN_END = "<|im_end|>"
MASK = "<|mask|>"

SPECIAL_TOKENS = (END_OF_TEXT, PAD, TURN_START, TURN_END, MASK)
