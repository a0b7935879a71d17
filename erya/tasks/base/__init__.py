"""What every task is made of: predictions, the protocol, and the writing of texts."""
