"""A camera's events by PullPoint: subscribed, pulled, renewed, and subscribed again when the camera forgets."""

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from hejnal_ingest import metrics
from hejnal_ingest.camera.back_off import BackOff
from hejnal_ingest.onvif.client import OnvifClient
from hejnal_ingest.onvif.errors import OnvifError, OnvifFault
from hejnal_ingest.onvif.notifications import Notification, read_notifications
from hejnal_media.onvif.xml import find, quote, text_of, write_duration

log = structlog.get_logger()

LIFE_S = 120.0
PULL_S = 20.0
_LIMIT = 50
_UNSUPPORTED_PAUSE_S = 3600.0
_MIN_PULL_S = 0.2
"""A camera that answers at once with nothing is not asked more often than this."""


class PullPoint:
    """`run()` hands every notification to `take` until cancelled."""

    def __init__(
        self, client: OnvifClient, camera_id: str, take: Callable[[Notification], None], *, pull_s: float = PULL_S
    ) -> None:
        self._client = client
        self._camera_id = camera_id
        self._take = take
        self._pull_s = pull_s
        self._back_off = BackOff()

    async def run(self) -> None:
        """Subscribes again and again."""
        loop = asyncio.get_running_loop()
        while True:
            began_s = loop.time()
            pause_s = 0.0
            try:
                await self._subscribed()
            except OnvifError as error:
                healthy_s = loop.time() - began_s
                metrics.ONVIF_SUBSCRIPTIONS.labels(error.fault.value).inc()
                log.info("onvif_events_interrupted", camera_id=self._camera_id, cause=error.fault.value, detail=error.detail)
                pause_s = self._back_off.next_s(healthy_s=healthy_s)
                if error.fault is OnvifFault.UNSUPPORTED:
                    pause_s = _UNSUPPORTED_PAUSE_S
            await asyncio.sleep(pause_s)

    async def _subscribed(self) -> None:
        client, loop = self._client, asyncio.get_running_loop()
        life = f"<tev:InitialTerminationTime>{write_duration(LIFE_S)}</tev:InitialTerminationTime>"
        answer = await client.call("tev", f"<tev:CreatePullPointSubscription>{life}</tev:CreatePullPointSubscription>")
        reference = find(answer, "tev:SubscriptionReference")
        address = client.hosts.checked(text_of(reference, "wsa:Address"), schemes=("http", "https"))
        metrics.ONVIF_SUBSCRIPTIONS.labels("created").inc()
        header = f"<wsa:To>{quote(address)}</wsa:To>"
        renew_at_s = loop.time() + LIFE_S / 2
        pull = (
            f"<tev:PullMessages><tev:Timeout>{write_duration(self._pull_s)}</tev:Timeout>"
            f"<tev:MessageLimit>{_LIMIT}</tev:MessageLimit></tev:PullMessages>"
        )
        try:
            while True:
                asked_s = loop.time()
                answer = await client.call("tev", pull, address=address, header=header, extra_time_s=self._pull_s)
                for notification in read_notifications(answer):
                    self._take(notification)
                if loop.time() >= renew_at_s:
                    termination = f"<wsnt:TerminationTime>{write_duration(LIFE_S)}</wsnt:TerminationTime>"
                    await client.call("tev", f"<wsnt:Renew>{termination}</wsnt:Renew>", address=address, header=header)
                    renew_at_s = loop.time() + LIFE_S / 2
                await asyncio.sleep(max(0.0, _MIN_PULL_S - (loop.time() - asked_s)))
        except asyncio.CancelledError:
            with contextlib.suppress(OnvifError, TimeoutError, asyncio.CancelledError):
                async with asyncio.timeout(1.0):
                    await client.call("tev", "<wsnt:Unsubscribe/>", address=address, header=header)
            raise
