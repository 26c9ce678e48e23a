"""The end of a session is the end of what it holds open: event streams and live views, here at once, elsewhere within 30 s."""

from collections.abc import Awaitable, Callable, Iterable

Closing = Callable[[str], Awaitable[None]]


class SessionEndings:
    """Tells everything of this process that serves a session when it is over. Who holds sessions open adds itself here."""

    def __init__(self, *closings: Closing) -> None:
        self._closings = list(closings)

    def add(self, closing: Closing) -> None:
        """Call `closing(session_id)` when a session is over."""
        self._closings.append(closing)

    async def ended(self, session_ids: Iterable[str]) -> None:
        """These sessions are over (the transaction that ended them is committed)."""
        for session_id in session_ids:
            for closing in self._closings:
                await closing(session_id)
