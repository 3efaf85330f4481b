"""A phone number, from whatever stands in the field. Pure, and never raises.

Flatchr documents an integer, and shows strings such as `+33 6 95 46 82 31` in its own examples:
https://developers.flatchr.io/docs/QuickStart/Candidats/Creer_un_candidat. What is a number, and of
which country, is known to phonenumbers (docs/decisions/0006-phones.md).
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence

import phonenumbers
from phonenumbers import Leniency, PhoneNumber, PhoneNumberMatcher, PhoneNumberType

from sync.mapping.profile import line

# A national number of unknown country is French: Flatchr's accounts are.
_REGION = "FR"
# Characters that are read; a field of several numbers is shorter.
_LONGEST = 200
# Mainland numbers for films and examples, in the middle of Mayotte's.
_FICTIONAL = "63998"
# Dialled in France with 0 before them, but with a country code of their own: La Réunion and
# Mayotte, Guadeloupe, Guyane, Martinique. The first three digits of the nine.
_OVERSEAS = {
    262: ("262", "263", "269", "639", "692", "693"),
    590: ("590", "690", "691"),
    594: ("594", "694"),
    596: ("596", "696", "697"),
}
_EMAIL = re.compile(r"\S+@\S+")
_DATE = re.compile(
    r"(?<![\d./-])(?:\d{1,2}([./-])\d{1,2}\1(?:19|20)\d\d|(?:19|20)\d\d([./-])\d\d\2\d\d)(?![./-]?\d)"
)
_FLOAT = re.compile(r"(\+?\d{8,15})[.,]0+")
# A spreadsheet's or Java's: only where no digit is lost (`3.3612345678E10`, not `3,3E+10`).
_SCIENTIFIC = re.compile(r"(\d)[.,](\d+)E\+?(\d+)", re.I)
_FRENCH = r"0[1-9](?:[ .-]?\d\d){4}"
_SEVERAL_FRENCH = re.compile(rf"(?:{_FRENCH}[ .,;/-]*){{2,}}")
_ONLY_NUMBER = re.compile(r"\+?[\d .()/-]{6,30}")
_SAFE_START = re.compile(r"\(?[+0]")
# A national number of an unknown country, such as `07911 123456`.
_FOREIGN = re.compile(r"(?!000)[(0](?:[ ()./-]*\d){8,12}")
_LETTER_O = re.compile(r"\b[oO](?=[1-9](?:[ .-]?\d){8})")


def format_phone(value: object, country: str = "") -> str:
    """`+33 6 95 46 82 31`, from a string or a number; empty where there is no phone number.

    `country`: where the person lives, as two letters; tells whose a national number is. Of several
    numbers the first mobile, else the first. An extension is left out. What can only be a number of
    another country is sent as written.
    """
    text = _DATE.sub(" ", _EMAIL.sub(" ", written_phone(value))).strip()
    regions = dict.fromkeys(filter(None, (country.upper(), _REGION)))
    # Searching is the dearest step of a whole format: once a region, and not where none is needed.
    numbers = functools.cache(lambda region: list(_numbers(text, region)))
    for choice in (phonenumbers.is_valid_number, bool):
        for region in regions:
            if found := list(filter(choice, numbers(region))):
                return _shown(found)
    is_foreign = _FOREIGN.fullmatch(text) and len(set(re.findall(r"\d", text))) > 1
    return text if is_foreign else ""


def written_phone(value: object) -> str:
    """What stands in the field, on one line, with digits 0 to 9; empty without anything."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        is_whole = abs(value) < 10**20 and value == int(value)
        return str(int(value)) if is_whole and value else ""
    text = "".join(
        str(unicodedata.decimal(character)) if character.isdecimal() else character
        for character in line(value)[:_LONGEST]
    )
    if scientific := _SCIENTIFIC.fullmatch(text):
        first, rest, exponent = scientific.groups()
        return first + rest if len(rest) == int(exponent) else text
    whole = _FLOAT.fullmatch(text)
    return whole[1] if whole else _LETTER_O.sub("0", text.replace("_", " "))


def _shown(numbers: Sequence[PhoneNumber]) -> str:
    """The first mobile, else the first number, in groups of digits and without other signs."""
    mobiles = [n for n in numbers if phonenumbers.number_type(n) == PhoneNumberType.MOBILE]
    best = next(iter([*mobiles, *numbers]))
    shown = phonenumbers.format_number(best, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return " ".join(re.findall(r"\+?\d+", shown))


def _numbers(text: str, region: str) -> Iterator[PhoneNumber]:
    """Every phone number in the text, those that surely exist first."""
    if _SEVERAL_FRENCH.fullmatch(text):
        text = " / ".join(re.findall(_FRENCH, text))
    for leniency in (Leniency.VALID, Leniency.POSSIBLE):
        for match in PhoneNumberMatcher(text, region, leniency):
            number = _main_line(match.number)
            if leniency is Leniency.VALID or _may_exist(number, match.raw_string):
                yield number
    if _ONLY_NUMBER.fullmatch(text):
        yield from _parsed(text, region)


def _may_exist(number: PhoneNumber, written: str) -> bool:
    """Whether a number of a range that the library does not know is taken for one all the same."""
    digits = str(number.national_number)
    is_possible = phonenumbers.is_possible_number_with_reason(number) == 0
    return bool(is_possible and _SAFE_START.match(written) and len(set(digits)) > 1)


def _parsed(digits: str, region: str) -> Iterator[PhoneNumber]:
    """A number alone in the field that lost its first zero, or the `+` of its country code."""
    for attempt in (digits, f"+{digits}"):
        try:
            number = _main_line(phonenumbers.parse(attempt, region))
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            yield number


def _main_line(number: PhoneNumber) -> PhoneNumber:
    """Without its extension, and with its territory's country code where it is one of overseas."""
    number.extension = None
    digits = str(number.national_number)
    if number.country_code == 33 and len(digits) == 9 and not digits.startswith(_FICTIONAL):
        codes = (code for code, starts in _OVERSEAS.items() if digits.startswith(starts))
        number.country_code = next(codes, 33)
    return number
