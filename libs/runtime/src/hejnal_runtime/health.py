"""Whether the process is alive, and whether it can do its work."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable

from hejnal_runtime import metrics
from hejnal_runtime.waiting import wait_for

Check = Callable[[], str | Awaitable[str | None] | None]

CHECK_TIMEOUT_S = 3.0


class Health:
    """Named checks; each says None when fine or what is wrong."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        """Register a check under a name that is not taken."""
        if name in self._checks:
            raise ValueError(f"check {name} exists")
        self._checks[name] = check

    async def report(self) -> dict[str, str | None]:
        """Every check with its finding; a check that does not answer in 3 s is a finding. The metrics say the same."""
        names = list(self._checks)
        findings = await asyncio.gather(*(self._one(self._checks[name]) for name in names))
        for name, finding in zip(names, findings, strict=True):
            metrics.HEALTH_CHECK_OK.labels(name).set(0 if finding else 1)
        return dict(zip(names, findings, strict=True))

    async def _one(self, check: Check) -> str | None:
        try:
            result = check()
            if inspect.isawaitable(result):
                result = await wait_for(result, CHECK_TIMEOUT_S)
        except TimeoutError:
            return f"no answer within {CHECK_TIMEOUT_S:.0f} s"
        except Exception as error:  # noqa: BLE001 a failing check is a finding
            return f"{type(error).__name__}: {error}"
        return result
