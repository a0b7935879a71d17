"""Where and in which precision to compute, and what the machine can do at best."""

import resource
import sys
import time
from functools import cache
from pathlib import Path

import torch

from erya.core.errors import UserError, did_you_mean

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
PEAK_SECONDS = 0.3
BANDWIDTH_BYTES = 256 * 2**20


def choose_device(name: str = "auto") -> torch.device:
    """The device of that name; `auto` prefers CUDA, then Apple's MPS, then the CPU.

    Raises: UserError for an unknown name or a device this machine does not have.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise UserError(f"device: unknown '{name}'{did_you_mean(name, ['auto', 'cpu', 'cuda', 'mps'])}") from None
    count = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if (device.index or 0) >= count.get(device.type, 0):
        raise UserError(f"device: '{name}' is not on this machine; use device=auto or cpu (see `erya doctor`)")
    return device


def has_bf16_units(device: torch.device) -> bool:
    """Whether the hardware multiplies bf16 matrices natively (without, a CPU is 40–500× slower in it)."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool({"avx512_bf16", "amx_bf16"} & cpu_flags())


def choose_precision(device: torch.device, name: str = "auto") -> torch.dtype:
    """The dtype of matrix products under autocast; weights and optimizer state stay float32.

    `auto` is bfloat16 where the hardware has units for it, else float32.
    Raises: UserError for an unknown name.
    """
    if name == "auto":
        return torch.bfloat16 if has_bf16_units(device) else torch.float32
    if name not in PRECISIONS:
        raise UserError(f"precision: unknown '{name}'{did_you_mean(name, ['auto', *PRECISIONS])}")
    return PRECISIONS[name]


@cache
def cpu_flags() -> frozenset[str]:
    """The CPU's feature flags as Linux lists them; empty elsewhere."""
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return frozenset()
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(("flags", "Features")):
            return frozenset(line.partition(":")[2].split())
    return frozenset()


def set_threads(count: int | None) -> int:
    """Use that many CPU threads (None keeps torch's choice); the number in force."""
    if count is not None:
        torch.set_num_threads(count)
    return torch.get_num_threads()


@cache
def matmul_peak_flops(device: torch.device, dtype: torch.dtype) -> float:
    """The best rate of a large square matrix product on this device, FLOP/s, measured once in about 0.3 s."""
    size = 8192 if device.type == "cuda" else 2048
    random = torch.Generator(device).manual_seed(0)  # its own, so that measuring never moves a run's random numbers
    left = torch.randn(size, size, device=device, generator=random).to(dtype)
    right = torch.randn(size, size, device=device, generator=random).to(dtype)
    best = 0.0
    deadline = time.perf_counter() + PEAK_SECONDS
    for attempt in range(1000):
        start = time.perf_counter()
        left @ right
        _synchronize(device)
        now = time.perf_counter()
        if attempt:  # the first product also pays for allocation and kernel choice
            best = max(best, 2 * size**3 / (now - start))
        if attempt and now > deadline:
            break
    return best


@cache
def memory_bandwidth(device: torch.device) -> float:
    """The best rate of reading memory, bytes/s, by summing a 256 MiB vector."""
    data = torch.ones(BANDWIDTH_BYTES // 4, device=device)
    best = 0.0
    for _ in range(5):
        start = time.perf_counter()
        data.sum()
        _synchronize(device)
        best = max(best, BANDWIDTH_BYTES / (time.perf_counter() - start))
    return best


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def peak_memory_bytes(device: torch.device) -> int:
    """The most memory used so far: CUDA's allocated peak, elsewhere the process's peak resident size."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
