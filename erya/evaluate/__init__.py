"""Honest measurement: metrics with signatures and intervals, classical baselines beside, one report."""
