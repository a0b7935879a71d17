"""Guards of a step: a loss or gradient that is not finite, or far above the recent ones, must not move the weights.

A gradient of zero would not move them, and is a fault too: what cannot learn must not look like a run.
"""

import math
from collections import deque
from collections.abc import Iterable

WINDOW = 128
THRESHOLD = 6.0
WARM_STEPS = 64  # with fewer values the deviation is too uncertain to judge by
# The least deviations taken for real: of the loss as a share of it, of the gradient norm's logarithm so that a spike is
# at least 20 times the mean. In batches by length those of the shortest texts have 10 times the norm of the others.
LOSS_FLOOR, NORM_FLOOR = 0.02, 0.5


class Guard:
    """Judges each step by the last 128 good ones: 6 standard deviations above their mean is a spike.

    The gradient norm is judged by its logarithm, because it varies by factors, not by amounts.
    Source: OLMo 2, arXiv 2501.00656, section 3.2, whose optimizer skips such steps.
    """

    def __init__(self) -> None:
        self.losses: deque[float] = deque(maxlen=WINDOW)
        self.norms: deque[float] = deque(maxlen=WINDOW)

    def fault(self, loss: float, gradient_norm: float) -> str | None:
        """Why the step must be skipped, or None; only a good step enters the window."""
        if not math.isfinite(loss) or not math.isfinite(gradient_norm):
            return f"loss {loss:.4g} or gradient norm {gradient_norm:.4g} is not finite"
        if gradient_norm == 0:
            return "the gradient is zero, no weight would learn; with training.compile=true, try false"
        logarithm = math.log(gradient_norm)
        for name, window, value, floor in (
            ("loss", self.losses, loss, LOSS_FLOOR * abs(loss)),
            ("log of the gradient norm", self.norms, logarithm, NORM_FLOOR),
        ):
            score = _score(window, value, floor)
            if score > THRESHOLD:
                return f"{name} {value:.4g} lies {score:.1f} standard deviations above the last {len(window)} steps"
        self.losses.append(loss)
        self.norms.append(logarithm)
        return None

    def state(self) -> dict[str, list[float]]:
        """The windows, for a checkpoint."""
        return {"losses": list(self.losses), "norms": list(self.norms)}

    def load_state(self, state: dict[str, Iterable[float]]) -> None:
        """Go on from saved windows."""
        self.losses = deque(state["losses"], maxlen=WINDOW)
        self.norms = deque(state["norms"], maxlen=WINDOW)


def _score(window: deque[float], value: float, floor: float) -> float:
    if len(window) < WARM_STEPS:
        return 0.0
    mean = math.fsum(window) / len(window)
    variance = math.fsum((entry - mean) ** 2 for entry in window) / (len(window) - 1)
    return (value - mean) / max(math.sqrt(variance), floor)
