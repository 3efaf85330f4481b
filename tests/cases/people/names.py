"""Names in the one field `full_name`, as CVs, forms and parsers fill it.

`right`: first and last name as sent; a single name stands in both places; None where there is none.
"""

from __future__ import annotations

from tests.cases import Case

_RIGHT: dict[str, tuple[str, tuple[str, str] | None]] = {
    # Particles.
    "a particle before a last name in capitals": ("Charles de GAULLE", ("Charles", "de GAULLE")),
    "the same, last name first": ("de GAULLE Charles", ("Charles", "de GAULLE")),
    "a particle and an article": ("Oscar de la Renta", ("Oscar", "de la Renta")),
    "the same in capitals, last name first": ("DE LA TOUR Anne", ("Anne", "DE LA TOUR")),
    "Dutch": ("Jan Pieter van der Berg", ("Jan Pieter", "van der Berg")),
    "Dutch, in capitals": ("Jan van der BERG", ("Jan", "van der BERG")),
    "German": ("Johann Wolfgang von Goethe", ("Johann Wolfgang", "von Goethe")),
    "Italian": ("Leonardo di Caprio", ("Leonardo", "di Caprio")),
    "Arabic": ("Mohamed Amine El Idrissi", ("Mohamed Amine", "El Idrissi")),
    "Tunisian": ("Ahmed ben Salah", ("Ahmed", "ben Salah")),
    "a particle that is a first name": ("Ben Harper", ("Ben", "Harper")),
    "another one": ("Van Morrison", ("Van", "Morrison")),
    "Breton, last name first": ("Le Goff Anne", ("Anne", "Le Goff")),
    "Breton, in capitals": ("Anne-Marie Le GOFF", ("Anne-Marie", "Le GOFF")),
    "an elision": ("Valéry GISCARD d'ESTAING", ("Valéry", "GISCARD d'ESTAING")),
    "an elision, last name first": ("d’Ornano Jean", ("Jean", "d'Ornano")),
    "capitals everywhere but in the particle": ("CHARLES de GAULLE", ("CHARLES", "de GAULLE")),
    "capitals everywhere, particle first": ("DE GAULLE CHARLES", ("CHARLES", "DE GAULLE")),
    "a last name alone, with its particle": ("de Gaulle", ("de Gaulle", "de Gaulle")),
    # Titles.
    "Dr": ("Dr Jean Dupont", ("Jean", "Dupont")),
    "Mme": ("Mme Marie DUPONT", ("Marie", "DUPONT")),
    "M. before a last name in capitals": ("M. DUPONT Jean", ("Jean", "DUPONT")),
    "M without a full stop": ("M Jean Dupont", ("Jean", "Dupont")),
    "two titles": ("Prof. Dr. Hans Müller", ("Hans", "Müller")),
    "a German doctor's": ("Dr. med. Hans Müller", ("Hans", "Müller")),
    "short for Mohamed, no title": ("Med Ali Ben Salah", ("Med Ali", "Ben Salah")),
    "a Cambodian last name, no title": ("Eng Sok", ("Eng", "Sok")),
    "a lawyer's": ("Me Éric Dupond-Moretti", ("Éric", "Dupond-Moretti")),
    "an engineer's": ("Ing. Paolo Rossi", ("Paolo", "Rossi")),
    "Pr": ("Pr Anne Martin", ("Anne", "Martin")),
    "a title after the comma": ("Dupont, Mme Marie", ("Marie", "Dupont")),
    "a title at the end": ("DUPONT Jean, M.", ("Jean", "DUPONT")),
    "a title and one name": ("Dr Dupont", ("Dupont", "Dupont")),
    "a title alone": ("Mme", None),
    # What follows a name.
    "a degree": ("Jeanne Petit, PhD", ("Jeanne", "Petit")),
    "two degrees": ("Jeanne Petit, Ph.D., MBA", ("Jeanne", "Petit")),
    "a degree after last and first name": ("Petit, Jeanne, PhD", ("Jeanne", "Petit")),
    "a degree without a comma": ("Jean Dupont MBA", ("Jean", "Dupont")),
    "a suffix": ("Robert Downey Jr.", ("Robert", "Downey")),
    "a suffix after a comma": ("Sammy Davis, Jr.", ("Sammy", "Davis")),
    "a Portuguese suffix is a name": ("José Silva Júnior", ("José", "Silva Júnior")),
    "an age": ("Jean Dupont, 34 ans", ("Jean", "Dupont")),
    "an occupation": ("Jean Dupont, Développeur Python", ("Jean", "Dupont")),
    "an occupation after a dash": ("Jean Dupont – Chef de projet", ("Jean", "Dupont")),
    "an occupation after a bar": ("Jean DUPONT | Data Engineer", ("Jean", "DUPONT")),
    "a town": ("Jean DUPONT, Paris", ("Jean", "DUPONT")),
    "Junior, a first name": ("Kabongo, Junior", ("Junior", "Kabongo")),
    # Order.
    "last name first, in capitals": ("DUPONT Jean-Pierre", ("Jean-Pierre", "DUPONT")),
    "a short last name in capitals first": ("WU Mei", ("Mei", "WU")),
    "initials in capitals first": ("JP Martin", ("JP", "Martin")),
    "a comma": ("DUPONT, Jean", ("Jean", "DUPONT")),
    "a comma without a space": ("dupont,jean", ("jean", "dupont")),
    "a comma, two last names": ("García López, María", ("María", "García López")),
    "a comma after the first name": ("Jean, DUPONT", ("Jean", "DUPONT")),
    "a comma at the end": ("Jean Dupont,", ("Jean", "Dupont")),
    "an initial after the last name": ("DUPONT J.", ("J.", "DUPONT")),
    "all in capitals": ("JEAN DUPONT", ("JEAN", "DUPONT")),
    "initials first": ("J.K. Rowling", ("J.K.", "Rowling")),
    "initials after a comma": ("Rowling, J. K.", ("J. K.", "Rowling")),
    "a first name that is a particle, at the end": ("DUPONT Ben", ("Ben", "DUPONT")),
    "Vietnamese, the last name in capitals": ("LE Van Minh", ("Van Minh", "LE")),
    # Several first or last names.
    "a compound first name": ("Jean-Pierre Dupont", ("Jean-Pierre", "Dupont")),
    "a compound first name without its hyphen": ("Marie Claire Dupont", ("Marie Claire", "Dupont")),
    "a hyphen with spaces": ("Jean - Pierre Dupont", ("Jean Pierre", "Dupont")),
    "a Spanish first name and two last names": (
        "Juan Carlos García López",
        ("Juan Carlos", "García López"),
    ),
    "two Spanish last names": ("Gabriel García Márquez", ("Gabriel", "García Márquez")),
    "two Spanish last names and y": ("Santiago Ramón y Cajal", ("Santiago", "Ramón y Cajal")),
    "a Spanish first name with a particle": (
        "María del Carmen García López",
        ("María del Carmen", "García López"),
    ),
    "Portuguese": ("João Pedro da Silva Santos", ("João Pedro", "da Silva Santos")),
    "Portuguese, a particle in the middle": ("Pedro Santos da Silva", ("Pedro", "Santos da Silva")),
    "Portuguese, in capitals": ("SILVA SANTOS Maria", ("Maria", "SILVA SANTOS")),
    "a double last name with spaces": ("Marie DUPONT - MARTIN", ("Marie", "DUPONT MARTIN")),
    "one word": ("Madonna", ("Madonna", "Madonna")),
    # Asides.
    "labels of a form": ("Nom : DUPONT Prénom : Jean", ("Jean", "DUPONT")),
    "a level of study": ("Jean Dupont Bac+5", ("Jean", "Dupont")),
    "a nickname in brackets": ("William (Bill) Gates", ("William", "Gates")),
    "a nickname in quotation marks": ("Jean « Jeannot » Dupont", ("Jean", "Dupont")),
    "a birth name in brackets": ("Marie Dupont (née Martin)", ("Marie", "Dupont")),
    "a last name in brackets": ("Marie (Dupont)", ("Marie", "Dupont")),
    "a birth name": ("Marie DUPONT née MARTIN", ("Marie", "DUPONT")),
    "a bracket that is never closed": ("Jean Dupont (H/F", ("Jean", "Dupont")),
    "quotation marks around all": ('"Jean Dupont"', ("Jean", "Dupont")),
    # Something else in the place of a name.
    "an e-mail": ("jean.dupont@exemple.fr", ("Jean", "Dupont")),
    "an e-mail after the name": ("Jean Dupont jd42@exemple.fr", ("Jean", "Dupont")),
    "an address of an office": ("contact@exemple.fr", None),
    "an e-mail of one word": ("jdupont75@exemple.fr", ("Jdupont", "Jdupont")),
    "a file": ("CV_Jean_Dupont_2024.pdf", ("Jean", "Dupont")),
    "a file with the trade in its name": (
        "cv-jean-dupont-developpeur (1).docx",
        ("Jean", "Dupont"),
    ),
    "a file without a name": ("Mon CV final v2.pdf", None),
    "CV before the name": ("CV Jean DUPONT", ("Jean", "DUPONT")),
    "the title of the document": ("Curriculum Vitae", None),
    "a number": ("Jean Dupont 2", ("Jean", "Dupont")),
    "a phone": ("Jean Dupont 06 95 46 82 31", ("Jean", "Dupont")),
    "a number before": ("12. Jean Dupont", ("Jean", "Dupont")),
    "a login": ("jean.dupont", ("Jean", "Dupont")),
    "underscores": ("Jean_Dupont", ("Jean", "Dupont")),
    "a placeholder for the last name": ("Jean N/A", ("Jean", "Jean")),
    # East Asian: the last name comes first.
    "Chinese": ("王小明", ("XiaoMing", "Wang")),
    "Korean with a space": ("김 민수", ("MinSu", "Gim")),
}

# First and last name as HrFlow gives them apart, beside a full name that says something else.
_APART: dict[str, tuple[tuple[str, str, str], tuple[str, str]]] = {
    "given apart, a title kept": (("x", "Dr Charles", "de GAULLE"), ("Dr Charles", "de GAULLE")),
    "given apart, a degree kept": (("x", "Jeanne", "Petit, PhD"), ("Jeanne", "Petit, PhD")),
    "given apart, in an odd order": (("Jean Dupont", "DUPONT", "Jean"), ("DUPONT", "Jean")),
    "given apart, with typographic signs": (("", "Zoé\u00a0 ", "O’Brien"), ("Zoé", "O'Brien")),
    "given apart, an e-mail as first name": (
        ("Jean Dupont", "jean@exemple.fr", "Dupont"),
        ("Jean", "Dupont"),
    ),
    "the whole name as last name": (("Jean Dupont", "", "Jean Dupont"), ("Jean", "Dupont")),
    "only the first apart, a degree at the end": (
        ("Jeanne Petit, PhD", "Jeanne", ""),
        ("Jeanne", "Petit"),
    ),
    "only the last apart, a title before": (
        ("Mme Jeanne de la Tour", "", "de la Tour"),
        ("Jeanne", "de la Tour"),
    ),
}

_TEST = "mapping/people/test_full_names.py::test_a_name_is_read_as_people_read_it"
CASES = [Case("names", name, given, right, _TEST) for name, (given, right) in _RIGHT.items()] + [
    Case("names", name, parts, expected, _TEST) for name, (parts, expected) in _APART.items()
]
