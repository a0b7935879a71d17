"""Who runs the stages of a build: this process, several on this machine, or a Ray cluster.

A task is a picklable function of one item. Nothing that it gives may depend on who runs it, or on how many there are.
"""

from erya.corpus.runner.local import LocalRunner, usable_cores
from erya.corpus.runner.protocol import Runner, progressed

__all__ = ["LocalRunner", "Runner", "progressed", "usable_cores"]
