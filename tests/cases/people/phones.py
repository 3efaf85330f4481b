"""What stands in the field of a phone number, and what is sent: empty where it is none."""

from __future__ import annotations

from typing import Any

from tests.cases import Case

_MOBILE = "+33 6 95 46 82 31"
_RIGHT: dict[str, tuple[Any, str]] = {
    # No phone number.
    "a date": ("12/04/1990", ""),
    "a date with full stops": ("12.04.1990", ""),
    "a date of a data base": ("1990-04-12", ""),
    "a date without signs": ("19900412", ""),
    "a sentence": ("À contacter par e-mail de préférence", ""),
    "a sentence with a date": ("Né le 12/04/1990, disponible en 06/2024", ""),
    "a spreadsheet's rounded number": ("3,3E+10", ""),
    "the same with a full stop": ("3.36E+10", ""),
    "an e-mail": ("jean06@exemple.fr", ""),
    "an e-mail that is a number": ("0695468231@exemple.fr", ""),
    "a postcode": ("75011", ""),
    "a SIRET": ("732 829 320 00074", ""),
    "a social security number": ("1 85 05 78 006 084 36", ""),
    "an IBAN": ("FR76 3000 6000 0112 3456 7890 189", ""),
    "zeros": ("00 00 00 00 00", ""),
    "a number cut short": ("06 95 46 82", ""),
    "a country code alone": ("+33", ""),
    "a truth value": (True, ""),
    "no number": (float("nan"), ""),
    "a number without end": (10**400, ""),
    "a list": (["06 95 46 82 31"], ""),
    # Numbers typed in other ways.
    "a float": (33695468231.0, _MOBILE),
    "a float as text": ("33695468231.0", _MOBILE),
    "a float as text, in French": ("33695468231,0", _MOBILE),
    "a float as Java writes it": ("3.3695468231E10", _MOBILE),
    "an integer": (33695468231, _MOBILE),
    "an integer that lost its zero": (695468231, _MOBILE),
    "Arabic-Indic digits": ("٠٦٩٥٤٦٨٢٣١", _MOBILE),
    "Persian digits": ("+۳۳۶۹۵۴۶۸۲۳۱", _MOBILE),
    "full-width digits": ("０６　９５　４６　８２　３１", _MOBILE),
    "the letter O for zero": ("O6 95 46 82 31", _MOBILE),
    # Signs and prefixes.
    "as people write it": ("06 95 46 82 31", _MOBILE),
    "as it is sent": (_MOBILE, _MOBILE),
    "full stops": ("06.95.46.82.31", _MOBILE),
    "slashes": ("06/95/46/82/31", _MOBILE),
    "hyphens": ("06-95-46-82-31", _MOBILE),
    "no-break spaces": ("06\u00a095\u202f46\u00a082\u00a031", _MOBILE),
    "marks of direction": ("\u202a+33 6 95 46 82 31\u202c", _MOBILE),
    "underscores": ("06_95_46_82_31", _MOBILE),
    "two zeros for the plus": ("0033 6 95 46 82 31", _MOBILE),
    "no plus": ("33 6 95 46 82 31", _MOBILE),
    "a zero in brackets": ("+33 (0)6 95 46 82 31", _MOBILE),
    "a zero too many": ("+33 06 95 46 82 31", _MOBILE),
    "a link": ("tel:+33-6-95-46-82-31", _MOBILE),
    "a label": ("Tél. portable : 06 95 46 82 31", _MOBILE),
    "a remark": ("06 95 46 82 31 (le soir)", _MOBILE),
    "an extension": ("01 40 20 30 40 poste 12", "+33 1 40 20 30 40"),
    "an extension, in English": ("+1 (415) 555-2671 ext. 5", "+1 415 555 2671"),
    # Two numbers.
    "two numbers, the mobile first": ("06 95 46 82 31 / 01 40 20 30 40", _MOBILE),
    "two numbers, the mobile last": ("01 40 20 30 40 ou 06 95 46 82 31", _MOBILE),
    "two mobiles": ("06 95 46 82 31, 07 81 23 45 67", _MOBILE),
    "two numbers with a space between": ("06 95 46 82 31 01 40 20 30 40", _MOBILE),
    "two numbers with nothing between": ("06954682310140203040", _MOBILE),
    "a date and a number": ("12/04/1990 - 06 95 46 82 31", _MOBILE),
    "an e-mail and a number": ("jean@exemple.fr 06 95 46 82 31", _MOBILE),
    # Overseas and abroad.
    "La Réunion": ("0262 20 12 34", "+262 262 20 12 34"),
    "La Réunion, a mobile": ("0692 12 34 56", "+262 692 12 34 56"),
    "La Réunion under +33": ("+33 692 12 34 56", "+262 692 12 34 56"),
    "Mayotte": ("0639 01 23 45", "+262 639 01 23 45"),
    "a number for films": ("06 39 98 12 34", "+33 6 39 98 12 34"),
    "Guadeloupe": ("0690 35 12 34", "+590 690 35 12 34"),
    "Guyane": ("0694 20 12 34", "+594 694 20 12 34"),
    "Martinique": ("+596 596 12 34 56", "+596 596 12 34 56"),
    "Martinique, national": ("0696 20 12 34", "+596 696 20 12 34"),
    "Switzerland": ("+41791234567", "+41 79 123 45 67"),
    "Belgium with two zeros": ("0032 475 12 34 56", "+32 475 12 34 56"),
    "Morocco without a plus": ("212661234567", "+212 6 61 23 45 67"),
    "a national number of nobody knows where": ("07911 123456", "07911 123456"),
    "a range that is not given out yet": ("+33 7 00 00 00 01", "+33 7 00 00 00 01"),
}
# The number as it stands there, the country of the person's address, and what is sent.
_ABROAD: dict[str, tuple[str, str, str]] = {
    "a Belgian at home": ("0475 12 34 56", "Belgique", "+32 475 12 34 56"),
    "a Moroccan at home": ("0661-234567", "Maroc", "+212 6 61 23 45 67"),
    "a Swiss at home, by code": ("079 123 45 67", "ch", "+41 79 123 45 67"),
    "in London with a French mobile": ("06 95 46 82 31", "United Kingdom", _MOBILE),
}

_TEST = "mapping/people/test_phones.py::test_what_is_sent_is_a_phone_number_or_nothing"
CASES = [Case("phones", name, (given, ""), right, _TEST) for name, (given, right) in _RIGHT.items()]
CASES += [
    Case("phones", name, (given, at), right, _TEST) for name, (given, at, right) in _ABROAD.items()
]
