"""One PostgreSQL schema per service; transactions commit at the edge and nowhere else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from hejnal_runtime.traced_sql import trace_statements
from hejnal_runtime.tracing import traces_database


class Database:
    """A service's own schema. Rooms get an `AsyncSession` and never commit; the block does."""

    def __init__(self, url: str, *, schema: str, pool_size: int = 10, statement_timeout_s: float = 30.0) -> None:
        self.url = url
        self.schema = schema
        self.engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=5,
            pool_pre_ping=True,
            hide_parameters=True,  # an error's text goes to logs: no values of residents in it
            connect_args={
                "timeout": 5,
                "command_timeout": statement_timeout_s,
                "server_settings": {
                    "search_path": f"{schema},public",
                    "application_name": f"hejnal-{schema}",
                    "timezone": "UTC",
                    "idle_in_transaction_session_timeout": "60000",
                    "jit": "off",  # our queries are short; compiling them costs more than it saves
                },
            },
        )
        if traces_database():
            trace_statements(self.engine.sync_engine, schema)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed when the block ends and rolled back when it raises."""
        async with self._sessions() as session, session.begin():
            yield session

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for reading only; the server refuses writes."""
        async with self._sessions() as session:
            await session.connection(execution_options={"postgresql_readonly": True})
            yield session

    async def ping(self) -> str | None:
        """None when the database answers, otherwise what is wrong."""
        try:
            async with self.engine.connect() as connection:
                await connection.exec_driver_sql("select 1")
        except Exception as error:  # noqa: BLE001 any reason is a reason
            return f"PostgreSQL does not answer ({type(error).__name__})"
        return None

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()
