"""The Chromium of tests and benches: which one, and how it is started, here and nowhere else."""

from typing import Any

from hejnal_local.setup.system_packages import find_browser

FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)


def launch_options(*flags: str) -> dict[str, Any]:
    """Arguments of Playwright's `chromium.launch`, with more flags if wanted. FileNotFoundError when no Chromium is installed."""
    path = find_browser()
    if path is None:
        raise FileNotFoundError("no Chromium: install one, or set HEJNAL_CHROMIUM to its path")
    return {"executable_path": path, "args": [*FLAGS, *flags]}
