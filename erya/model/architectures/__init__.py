"""Whole models composed of layers; training and generation know only their protocol."""
