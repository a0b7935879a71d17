"""Device and precision: what the machine lacks is refused in one line."""

import pytest
import torch

from erya.core import device as devices
from erya.core.errors import UserError


def test_auto_is_a_device_that_computes() -> None:
    device = devices.choose_device("auto")
    assert torch.ones(2, device=device).sum().item() == 2


@pytest.mark.parametrize("name", ["cuda:99", "gpu", "cpu:5"])
def test_missing_device_is_refused(name: str) -> None:
    with pytest.raises(UserError, match=name):
        devices.choose_device(name)


def test_auto_precision_follows_the_hardware() -> None:
    cpu = torch.device("cpu")
    expected = torch.bfloat16 if devices.cpu_flags() & {"avx512_bf16", "amx_bf16"} else torch.float32
    assert devices.choose_precision(cpu, "auto") is expected
    assert devices.choose_precision(cpu, "float32") is torch.float32
    with pytest.raises(UserError, match="did you mean 'bfloat16'"):
        devices.choose_precision(cpu, "bfloat")


def test_peaks_are_positive_and_measured_once() -> None:
    cpu = torch.device("cpu")
    assert devices.matmul_peak_flops(cpu, torch.float32) == devices.matmul_peak_flops(cpu, torch.float32) > 1e8
    assert devices.memory_bandwidth(cpu) > 1e8
    assert devices.peak_memory_bytes(cpu) > 10**7
