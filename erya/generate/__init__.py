"""From prompts to text: sampling, stopping and the engine that batches them."""
