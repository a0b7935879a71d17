"""Check this machine: versions, cores, memory, disk, device, precision advice.

Nothing is changed; the output is made to be pasted into a question.
"""

import json
import os
import platform
import re
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import click

from erya import __version__

CPU_FEATURES = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "neon", "asimd")
LOW_DISK_BYTES = 5 * 10**9


@dataclass(frozen=True)
class Finding:
    """One thing looked at: its value, whether it is fine, and what to do when it is not."""

    name: str
    value: str
    ok: bool = True
    advice: str = ""


@click.command(name="doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def COMMAND(as_json: bool) -> int:  # noqa: N802 - every command module offers COMMAND
    """Check this machine and say what Erya will do with it.

    Looks at Python, torch, CPU features, cores, memory, disk, GPU, the precision training will use, threads, package
    versions against those Erya is tested with, and whether the cache can be written. Exit code 1 when something needed
    is missing.

    \b
    erya doctor
    erya doctor --json > machine.json
    """
    findings = [*_software(), *_machine(), *_compute()]
    if as_json:
        click.echo(
            json.dumps({"ok": all(item.ok for item in findings), "findings": [asdict(item) for item in findings]})
        )
    else:
        _show(findings)
    return 0 if all(item.ok for item in findings) else 1


def _show(findings: list[Finding]) -> None:
    width = max(len(item.name) for item in findings)
    for item in findings:
        mark = click.style("ok", fg="green") if item.ok else click.style("!!", fg="red", bold=True)
        click.echo(f"{mark}  {item.name:<{width}}  {item.value}")
        if item.advice:
            click.echo(f"    {'':<{width}}  {click.style(item.advice, dim=item.ok)}")


def _software() -> list[Finding]:
    python = Finding("python", f"{platform.python_version()} ({sys.executable})", sys.version_info >= (3, 11))
    return [Finding("erya", __version__), python, *_versions()]


def _versions() -> list[Finding]:
    tested = _tested_versions()
    different = []
    missing = []
    for requirement in metadata.requires("erya") or []:
        name = re.split(r"[<>=!~; \[]", requirement, maxsplit=1)[0]
        if "extra ==" in requirement:
            continue
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
            continue
        wanted = tested.get(name.lower().replace("_", "-"))
        if wanted and version.split("+")[0] != wanted:
            different.append(f"{name} {version} (tested with {wanted})")
    findings = [Finding("torch", metadata.version("torch"))] if "torch" not in missing else []
    if missing:
        advice = "install the package again: pip install -c constraints.txt -e ."
        findings.append(Finding("packages", f"missing: {', '.join(missing)}", ok=False, advice=advice))
    elif not tested:
        findings.append(
            Finding("packages", "all there; no constraints.txt beside the package to compare versions with")
        )
    elif different:
        advice = "fine if the tests pass; for the tested set: pip install -c constraints.txt -e ."
        findings.append(Finding("packages", f"all there; other versions: {', '.join(different)}", advice=advice))
    else:
        findings.append(Finding("packages", "all there, in the versions of constraints.txt"))
    return findings


def _tested_versions() -> dict[str, str]:
    path = Path(__file__).resolve().parents[2] / "constraints.txt"
    if not path.is_file():
        return {}
    pairs = (line.split("==") for line in path.read_text(encoding="utf-8").splitlines() if "==" in line)
    return {name.strip().lower().replace("_", "-"): version.strip() for name, version in pairs}


def _machine() -> list[Finding]:
    disk = shutil.disk_usage(Path.cwd())
    enough = disk.free > LOW_DISK_BYTES
    advice = "" if enough else "checkpoints need about 12 bytes per parameter each; free some space"
    return [
        Finding("system", f"{platform.system()} {platform.release()} {platform.machine()}"),
        Finding("cores", f"{_cores()} usable of {os.cpu_count()}"),
        Finding("memory", _gigabytes(_memory_bytes())),
        Finding("disk here", f"{_gigabytes(disk.free)} free of {_gigabytes(disk.total)}", enough, advice),
        _cache(),
    ]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _gigabytes(count: float) -> str:
    return f"{count / 10**9:,.1f} GB"


def _cache() -> Finding:
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return Finding("cache", f"{folder} is writable")
    except OSError as error:
        return Finding(
            "cache", f"{folder}: {error.strerror}", ok=False, advice="set XDG_CACHE_HOME to a writable folder"
        )


def _compute() -> list[Finding]:
    import torch

    from erya.core import device as devices

    device = devices.choose_device()
    flags = devices.cpu_flags()
    features = [name for name in CPU_FEATURES if name in flags]
    findings = [Finding("cpu features", ", ".join(features) or "not known on this system")]
    findings.append(Finding("threads", f"{torch.get_num_threads()} (set with training.num_threads or OMP_NUM_THREADS)"))
    findings.append(_gpu(torch))
    precision = devices.choose_precision(device)
    rates = {"float32": devices.matmul_peak_flops(device, torch.float32)}
    if devices.has_bf16_units(device):
        rates["bfloat16"] = devices.matmul_peak_flops(device, torch.bfloat16)
    measured = ", ".join(f"{name} {rate / 1e9:,.0f}" for name, rate in rates.items())
    findings.append(Finding("matrix product", f"{measured} GFLOP/s measured on {device}"))
    findings.append(Finding("memory bandwidth", f"{devices.memory_bandwidth(device) / 1e9:,.0f} GB/s measured"))
    why = (
        "the hardware has bf16 units" if precision is torch.bfloat16 else "no bf16 units: bf16 would be 40–500× slower"
    )
    findings.append(Finding("precision", f"{str(precision).removeprefix('torch.')} for training by default: {why}"))
    return findings


def _gpu(torch: Any) -> Finding:
    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        count = torch.cuda.device_count()
        return Finding("gpu", f"{count} × {properties.name}, {_gigabytes(properties.total_memory)} each")
    if torch.backends.mps.is_available():
        return Finding("gpu", "Apple MPS")
    return Finding("gpu", "none; training and generation run on the CPU")
