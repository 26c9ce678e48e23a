"""What is left on prepaid SMS accounts: asked now and then, shown to staff and metrics, said in the log when it is little."""

from collections.abc import Sequence

import structlog

from hejnal_notifier import metrics
from hejnal_notifier.channels.adapter import Prepaid
from hejnal_notifier.sending.providers import Credit, Provider
from hejnal_runtime.clock import Clock
from hejnal_runtime.periodic import PeriodicLoop

log = structlog.get_logger()

ASK_EVERY_S = 900.0


class CreditWatch:
    """Asks every provider that is paid in advance. What one does not tell stays as it was last told, with its time."""

    def __init__(self, providers: Sequence[Provider], clock: Clock) -> None:
        self._providers = [provider for provider in providers if isinstance(provider.adapter, Prepaid)]
        self._clock = clock
        for provider in self._providers:
            metrics.PROVIDER_CREDIT_LOW.labels(provider.name).set(0)

    async def run(self) -> None:
        """For ever."""
        await PeriodicLoop("provider_credit_not_asked", self.look, every_s=ASK_EVERY_S).run()

    async def look(self) -> None:
        """Ask each once."""
        for provider in self._providers:
            account = provider.adapter
            assert isinstance(account, Prepaid)
            left = await account.credit()
            if left is None:
                log.info("provider_credit_unknown", provider=provider.name)
                continue
            low = left < account.low_credit
            was_low = provider.credit is not None and provider.credit.low
            provider.credit = Credit(left, account.credit_unit, low, self._clock.now())
            metrics.PROVIDER_CREDIT.labels(provider.name, account.credit_unit).set(left)
            metrics.PROVIDER_CREDIT_LOW.labels(provider.name).set(int(low))
            if low and not was_low:
                log.warning("provider_credit_low", provider=provider.name, left=left, unit=account.credit_unit)
