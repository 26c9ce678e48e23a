"""Whose phone a message is from, in the one form in which contacts are kept."""

import phonenumbers

HOME = "PL"
"""National numbers are of this country."""


def sender_number(told: str) -> str:
    """E.164 of a sender as a network or gateway tells it: with or without "+", "00" or the country's code, or national.

    Short codes, names and whatever is no number come back as they are.
    """
    told = told.strip()
    digits = told.removeprefix("+").replace(" ", "").replace("-", "")
    if not digits.isascii() or not digits.isdigit():
        return told
    tries = [(f"+{digits.removeprefix('00')}", None), (digits, HOME)]
    if not told.startswith(("+", "00")):
        tries.reverse()
    for text, region in tries:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return told
