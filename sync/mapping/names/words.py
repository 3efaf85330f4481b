"""Words that stand in the field of a name and tell how to read it. Data; all in lower case.

Compared with `bare(word)`; nothing here is complete: an unknown word is part of the name.
"""

from __future__ import annotations

import re

from sync.mapping.text import search_form

_PREFIX = re.compile(r"^(?:[dl]'|mc|mac)(?=\w\w)", re.I)


def bare(word: str) -> str:
    """`Ph.D.` and `PhD` are `phd`; accents are gone."""
    return search_form(word).replace(".", "").strip(" ,;:-_'\"")


def is_capital(word: str) -> bool:
    """`DUPONT`, `d'ESTAING`, `McDONALD`; initials (`J.K.`) are not."""
    rest = _PREFIX.sub("", word)
    return rest.isupper() and bool(re.search(r"[^\W\d_]{2}", rest))


# What parsers and forms write where they know no name. "Na" and "Nan" are names, so they are not
# listed. As `search_form` writes them, with their signs.
PLACEHOLDERS = frozenset(
    {"n/a", "n.a.", "#n/a", "undefined", "unknown", "inconnu", "inconnue", "null", "none"}
    | {"non renseigne", "not specified", "anonymous", "anonyme"}
)
TITLES = frozenset({
    "mr", "mrs", "ms", "mme", "mlle", "monsieur", "madame", "mademoiselle", "dr", "dre",
    "docteur", "pr", "prof", "professeur", "me", "maitre", "ing", "dipl-ing", "arch", "hc",
    "herr", "frau", "sr", "sra", "srta", "dott", "dottssa", "avv", "eng", "sir", "rev", "m",
})  # fmt: skip
# Alone before one other word, they may as well be an initial or a name: `M Dupont`, `Eng Sok`.
SHORT_TITLES = frozenset({"m", "ing", "eng", "arch", "herr", "sir"})
DEGREES = frozenset({
    "phd", "mba", "msc", "bsc", "emba", "llm", "llb", "dba", "dess", "dut", "bts", "pmp",
    "cpa", "cfa", "mphil", "dphil", "pharmd", "meng", "beng", "ingenieur", "bac", "master",
    "licence", "doctorat", "bachelor",
})  # fmt: skip
# Also short names, so they are degrees only after a comma.
SHORT_DEGREES = frozenset({"md", "ma", "ba", "ms", "bs", "do", "pe", "ing", "dr", "esq"})
SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})
# First words of what people write after their name. Whole words, and beginnings of 6 letters or
# more.
OCCUPATIONS = frozenset({
    "accountant", "analyst", "architect", "assist", "charge", "chef", "commercial",
    "comptable", "conseill", "consult", "data", "designer", "develop", "directeur",
    "directrice", "director", "economist", "electricien", "engineer", "etudiant", "expert",
    "fullstack", "full-stack", "freelance", "gestionnaire", "infirm", "ingenieur", "juriste",
    "lead", "manager", "marketing", "mecanicien", "product", "project", "recruteur",
    "responsable", "secretaire", "senior", "junior", "software", "stagiaire", "student",
    "teacher", "technic", "vendeu",
})  # fmt: skip
DOCUMENTS = frozenset({
    "cv", "cvs", "resume", "curriculum", "vitae", "lettre", "motivation", "lm", "candidature",
    "dossier", "profil", "profile", "mon", "my", "final", "finale", "version", "new",
    "nouveau", "copie", "copy", "scan", "fr", "en", "eng", "francais", "anglais", "french",
    "english", "de", "du", "of", "pdf", "doc", "docx",
})  # fmt: skip
# The first part of an e-mail address that belongs to nobody in particular.
OFFICES = frozenset({
    "contact", "info", "infos", "cv", "rh", "hr", "jobs", "job", "emploi", "recrutement",
    "recruitment", "candidature", "candidatures", "noreply", "no", "reply", "admin", "accueil",
    "mail", "email", "test", "sales", "support", "office", "secretariat",
})  # fmt: skip
# What follows is another name of the same person. Lower case or capitals, with accents.
ALIASES = frozenset(
    {"née", "né", "nee", "geb.", "geb", "geborene", "épouse", "ép.", "alias", "aka"}
)

# --- particles -----------------------------------------------------------------------------------

PARTICLES = frozenset({
    "de", "du", "des", "d'", "l'", "la", "le", "les", "della", "delle", "del", "degli", "di",
    "da", "do", "das", "dos", "dalla", "von", "vom", "van", "zu", "zum", "zur", "der", "den",
    "ter", "ten", "ben", "bin", "ibn", "el", "al", "ait", "ould", "y", "e",
})  # fmt: skip
# Never a first name, so a name that begins with one begins with the last name. The others of
# PARTICLES do so in lower case, before another particle, or before two more words.
NEVER_FIRST = frozenset({"de", "du", "des", "della", "von", "vom", "zu"})
# First names also before two more words: `Ben Foster Smith`, `Van Morrison Jr`.
FIRST_NAMES = frozenset({"ben", "van", "y", "e", "den"})
# May follow a particle: `de la`, `van der`.
ARTICLES = frozenset({"la", "le", "los", "las", "l'", "der", "den", "dem", "el"})
# All words before one of these are first names; before `de` or `da` may stand a last name too.
AFTER_FIRST_NAMES = frozenset({"van", "von", "vom", "ter", "ten", "ben", "bin", "ibn", "el"})

# --- first names of two words --------------------------------------------------------------------

COMPOUND = {
    "jean": frozenset({
        "baptiste", "bernard", "charles", "christophe", "claude", "denis", "francois",
        "gabriel", "jacques", "louis", "luc", "marc", "marie", "michel", "noel", "pascal",
        "patrick", "paul", "philippe", "pierre", "rene", "robert", "sebastien", "yves",
    }),
    "marie": frozenset({
        "agnes", "ange", "anne", "astrid", "beatrice", "catherine", "cecile", "celine",
        "chantal", "charlotte", "christine", "claire", "claude", "dominique", "elisabeth",
        "france", "francoise", "helene", "jeanne", "jose", "josee", "laure", "line",
        "lise", "louise", "madeleine", "noelle", "odile", "paule", "pierre", "rose",
        "sophie", "therese",
    }),
    "anne": frozenset({
        "cecile", "charlotte", "claire", "elisabeth", "flore", "gaelle", "helene", "laure",
        "lise", "louise", "marie", "sophie",
    }),
    "pierre": frozenset({
        "alain", "antoine", "emmanuel", "henri", "jean", "louis", "marie", "olivier",
        "yves",
    }),
    "louis": frozenset({"marie", "philippe"}),
    "paul": frozenset({"antoine", "emile", "henri"}),
    "charles": frozenset({"antoine", "edouard", "henri"}),
    "rose": frozenset({"marie"}),
    "yves": frozenset({"marie"}),
    "maria": frozenset({
        "alejandra", "angeles", "antonia", "carmen", "cristina", "dolores", "eduarda",
        "elena", "eugenia", "fernanda", "helena", "ines", "isabel", "jesus", "jose",
        "laura", "luisa", "mercedes", "paula", "pilar", "rosa", "teresa", "victoria",
    }),
    "ana": frozenset({
        "beatriz", "clara", "cristina", "isabel", "luisa", "maria", "paula", "rita",
        "sofia",
    }),
    "jose": frozenset({
        "alberto", "angel", "antonio", "carlos", "francisco", "ignacio", "javier", "luis",
        "manuel", "maria", "miguel", "pedro", "ramon",
    }),
    "juan": frozenset({
        "antonio", "carlos", "diego", "francisco", "ignacio", "jose", "luis", "manuel",
        "maria", "miguel", "pablo",
    }),
    "luis": frozenset({"alberto", "carlos", "enrique", "felipe", "fernando", "manuel", "miguel"}),
    "carlos": frozenset({"alberto", "eduardo"}),
    "francisco": frozenset({"javier", "jose"}),
    "miguel": frozenset({"angel"}),
    "joao": frozenset({"carlos", "miguel", "paulo", "pedro"}),
    "mohamed": frozenset({"ali", "amine", "lamine", "reda", "yassine"}),
    "mohammed": frozenset({"ali", "amine", "lamine", "reda", "yassine"}),
    "fatima": frozenset({"ezzahra", "zahra", "zohra"}),
}  # fmt: skip
# `María del Carmen`, `María de los Ángeles`.
DEVOTIONS = frozenset({
    "angeles", "carmen", "concepcion", "dolores", "fatima", "guadalupe", "jesus", "lourdes",
    "luz", "mar", "mercedes", "nieves", "pilar", "rocio", "rosario", "socorro", "soledad",
})  # fmt: skip
