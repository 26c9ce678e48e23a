"""The database and what lies in it, opened alone: commands need no more and should start quickly."""

from hejnal_gateway.accounts.accounts import Accounts
from hejnal_gateway.accounts.passwords import PasswordChecker
from hejnal_gateway.accounts.setups import SetUps
from hejnal_gateway.secrets_at_rest import SecretBox
from hejnal_gateway.settings import GatewaySettings
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database

SERVICE = "operator-gateway"
SCHEMA = "gateway"


def database_url(settings: GatewaySettings) -> str:
    """Where the database is; ValueError when that is not set."""
    if settings.database_url is None:
        raise ValueError("HEJNAL_GATEWAY_DATABASE_URL is not set")
    return settings.database_url.get_secret_value()


def open_database(settings: GatewaySettings) -> Database:
    """The gateway's schema; ValueError when no database is set."""
    return Database(database_url(settings), schema=SCHEMA)


def open_accounts(
    settings: GatewaySettings, database: Database, box: SecretBox, clock: Clock, passwords: PasswordChecker | None = None
) -> Accounts:
    """The staff's accounts."""
    return Accounts(
        database,
        clock,
        box,
        passwords or PasswordChecker(),
        lock_after_failures=settings.lock_after_failures,
        lock_s=settings.lock_s,
    )


def open_setups(
    settings: GatewaySettings, database: Database, box: SecretBox, clock: Clock, passwords: PasswordChecker | None = None
) -> SetUps:
    """Links to set accounts up."""
    passwords = passwords or PasswordChecker()
    return SetUps(database, clock, box, passwords, public_url=settings.public_url, valid_h=settings.set_up_link_h)
