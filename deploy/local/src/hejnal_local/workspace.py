"""Where things lie in a clone. Standard library only."""

import os
from dataclasses import dataclass
from pathlib import Path

RUN_FOLDER = "HEJNAL_RUN_DIR"
"""Names another folder for a town's state, for a second town beside the first."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folders of one clone."""

    root: Path
    run_folder: Path | None = None

    @classmethod
    def of_this_clone(cls) -> "Workspace":
        """The clone this file belongs to."""
        elsewhere = os.environ.get(RUN_FOLDER)
        return cls(Path(__file__).resolve().parents[4], Path(elsewhere).absolute() if elsewhere else None)

    @property
    def cache(self) -> Path:
        """What can be fetched or made again: jars, Node, footage, stamps."""
        return self.root / ".cache"

    @property
    def run(self) -> Path:
        """The state of the local town: data, keys, logs, credentials. `make clean-run` forgets it."""
        return self.run_folder or self.root / ".run"

    @property
    def venv(self) -> Path:
        """The Python environment of every service and tool."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The interpreter of that environment."""
        return self.venv / "bin" / "python"

    @property
    def web(self) -> Path:
        """The npm workspace."""
        return self.root / "web"

    def source_folders(self) -> list[Path]:
        """Every `src` folder of ours, in a fixed order."""
        return sorted(path for pattern in ("libs/*/src", "services/*/src", "deploy/*/src") for path in self.root.glob(pattern))
