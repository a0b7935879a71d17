"""LoRA: a model learns by small factors beside its frozen matrices, kept apart in PEFT's layout or merged into it."""
