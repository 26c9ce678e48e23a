"""E-mail addresses and phone numbers as people type them, brought to one form each."""

import re
from typing import Literal

import phonenumbers
from phonenumbers import PhoneNumberType

from hejnal_runtime.errors import AppError, Kind

_EMAIL = re.compile(
    r"^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$"
)
LONGEST_EMAIL = 254
SMS_COUNTRIES = frozenset({"PL", "UA"})
"""Codes go to numbers of these countries only: dear foreign numbers are a way to earn money with other people's forms."""
_TAKES_SMS = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def normalise(contact: str) -> tuple[Literal["email", "sms"], str]:
    """Channel and address: e-mail in lower case, phone in E.164 (Poland where no country is given). AppError(INVALID)."""
    contact = contact.strip()
    return ("email", _email(contact)) if "@" in contact else ("sms", _phone(contact))


def _email(contact: str) -> str:
    local, _, domain = contact.lower().rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        address = ""
    if len(address) > LONGEST_EMAIL or not _EMAIL.match(address) or ".." in local or local.startswith(".") or local.endswith("."):
        raise _invalid("This is not an e-mail address. It should look like anna@example.pl.")
    return address


def _phone(contact: str) -> str:
    try:
        number = phonenumbers.parse(contact, "PL")
    except phonenumbers.NumberParseException as error:
        raise _invalid("Give an e-mail address or a mobile phone number, for example 600 100 200.") from error
    if not phonenumbers.is_valid_number(number):
        raise _invalid("This phone number is not complete or does not exist.")
    if phonenumbers.region_code_for_number(number) not in SMS_COUNTRIES:
        raise _invalid("Codes can be sent to Polish and Ukrainian numbers only. Use an e-mail address instead.")
    if phonenumbers.number_type(number) not in _TAKES_SMS:
        raise _invalid("This number takes no SMS. Give a mobile number or an e-mail address.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _invalid(detail: str) -> AppError:
    errors = [{"pointer": "/body/contact", "code": "invalid-contact", "detail": detail}]
    return AppError(Kind.INVALID, "invalid-contact", detail, errors=errors)
