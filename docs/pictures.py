"""Take the pictures of the last end-to-end run into `docs/pictures`, small enough for a repository.

python docs/pictures.py     after `pytest tests/e2e`, which leaves them in `test-results/pictures`
"""

import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
TAKEN = ROOT / "test-results" / "pictures"
KEPT = Path(__file__).parent / "pictures"
NAMES = (
    "operator-wall",
    "operator-playback",
    "operator-report",
    "operator-announcement",
    "citizen-home",
    "citizen-home-phone",
    "citizen-report",
    "citizen-notices",
    "operator-alerts",
    "operator-consultation-result",
    "admin-cameras",
    "admin-sending",
)


def main() -> int:
    """The exit code: 1 when a picture is missing."""
    missing = [name for name in NAMES if not (TAKEN / f"{name}.png").exists()]
    for name in missing:
        print(f"not taken: {name}", file=sys.stderr)
    KEPT.mkdir(exist_ok=True)
    for name in set(NAMES) - set(missing):
        picture = Image.open(TAKEN / f"{name}.png").convert("RGB")
        picture.quantize(colors=128, dither=Image.Dither.NONE).save(KEPT / f"{name}.png", optimize=True)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
