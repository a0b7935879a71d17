"""Training: optimizer, schedule, loop, hooks, checkpoints and preflight. Knows a model only by its `loss(batch)`."""
