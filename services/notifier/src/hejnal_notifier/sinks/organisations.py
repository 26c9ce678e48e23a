"""Other organisations' systems that take signed webhooks: `POST /webhooks/{name}`, checked by the standard's own library."""

import json

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from hejnal_notifier.sinks import outcomes
from hejnal_notifier.sinks.conditions import Conditions
from hejnal_notifier.sinks.mailbox import Mailbox
from hejnal_notifier.sinks.outcomes import Flakiness, Outcome

RETRY_AFTER_S = 1


class OrganisationsSystems:
    """Receivers as the standard describes them: a `webhook-id` that came before is answered and shown as a repeat.

    A name may begin with an outcome: `gone-…` 410, `reject-…` 400, `flaky-…` 503 twice, `full-…` 429, `slow-…`.
    """

    def __init__(self, mailbox: Mailbox, conditions: Conditions, *, secret: str = "") -> None:
        self._mailbox = mailbox
        self._conditions = conditions
        self._verifier = Webhook(secret) if secret else None
        self._flakiness = Flakiness()

    def routes(self) -> list[web.RouteDef]:
        """Routes of the receivers."""
        return [web.post("/webhooks/{name}", self._take)]

    async def _take(self, request: web.Request) -> web.Response:
        name, body = request.match_info["name"], await request.read()
        outcome = outcomes.of_push(name)
        if self._conditions.is_down("webhook"):
            return self._refuse(503, "outage")
        if outcome is Outcome.GONE:
            return self._refuse(410, outcome)
        if outcome is Outcome.REJECT:
            return self._refuse(400, outcome)
        if outcome is Outcome.FULL:
            return self._refuse(429, outcome, {"Retry-After": str(RETRY_AFTER_S)})
        if outcome is Outcome.FLAKY and self._flakiness.refuses(name):
            return self._refuse(503, outcome)
        headers = {key.lower(): value for key, value in request.headers.items()}
        try:
            if self._verifier is not None:
                self._verifier.verify(body, headers)
            event = json.loads(body)
            subject, text = _shown(event)
        except WebhookVerificationError as error:
            return self._refuse(401, f"signature: {error}")
        except (ValueError, KeyError, TypeError, AttributeError):
            return self._refuse(400, "no announcement in a CloudEvent")
        await self._conditions.take_time(slow=outcome is Outcome.SLOW)
        told = {key: str(event[key]) for key in ("type", "subject", "time") if key in event}
        self._mailbox.add("webhook", name, key=headers.get("webhook-id", ""), subject=subject, text=text, headers=told)
        return web.Response(status=204)

    def _refuse(self, status: int, cause: str, headers: dict[str, str] | None = None) -> web.Response:
        self._mailbox.refuse("webhook", cause)
        return web.Response(status=status, text=cause, headers=headers)


def _shown(event: dict[str, object]) -> tuple[str, str]:
    data = event["data"]
    assert isinstance(data, dict)
    words = data["texts"]["pl"]
    return str(words["title"]), str(words["body"])
