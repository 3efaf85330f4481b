"""Words the invented people are made of. Names, firms and schools are fictitious."""

from __future__ import annotations

from typing import NamedTuple


class City(NamedTuple):
    """A place as HrFlow's geocoding returns it."""

    name: str
    postcode: str
    region: str
    lat: float
    lng: float


class Trade(NamedTuple):
    """A job with what people who do it write in their CV."""

    title: str
    tasks: tuple[str, ...]
    skills: tuple[str, ...]
    diploma: str


FIRST_NAMES = (
    "Camille", "Zoé", "Éloïse", "Jean-Baptiste", "Maëlys", "François", "Noémie", "Théo",
    "Anaïs", "Loïc", "Gaëlle", "Benoît", "Chloé", "Hélène", "Jérôme", "Marie-Ève", "Raphaël",
    "Inès", "Aïcha", "Mickaël", "Océane", "Clémence", "Stéphane", "Agnès", "Yoann", "Lætitia",
    "Rémi", "Solène", "Grégory", "Amélie", "Anne-Sophie", "Cédric", "Fatoumata", "Karim",
    "Pénélope", "Sébastien", "Valérie", "Xavier", "Nathanaël", "Jocelyne", "Güler", "Łukasz",
    "Zbigniew", "Ñuria", "Thaïs", "Maxime", "Élodie", "Timothée", "Wassila", "Hugo", "Bérénice",
)  # fmt: skip

LAST_NAMES = (
    "Martin", "Lefèvre", "D’Angelo", "N'Guyen", "Dupont-Moretti", "Le Gall", "De La Tour",
    "Müller", "Bénard", "Châtelain", "L'Hermitte", "Saint-Exupéry", "Garçon", "Lebœuf",
    "Kowalczyk", "Traoré", "O'Connor", "Gonçalves", "Boulanger", "Hébert", "Rivière", "Peña",
    "Van den Berg", "Mac Grégor", "Haddad", "Le Bihan-Kermarrec", "Fernández", "Joly", "Aubry",
    "Mallet", "Poirier", "Cousin", "Bouchard", "Guérin", "Masson", "Diallo", "Perrot", "Štěpánek",
    "Rousseau", "Delaunay", "Vidal", "Besançon", "Étienne", "Maréchal", "Quéméner", "Ferrand",
    "Çelik",
)  # fmt: skip

CITIES = (
    City("Paris", "75011", "Île-de-France", 48.8594, 2.3765),
    City("Lyon", "69003", "Auvergne-Rhône-Alpes", 45.7579, 4.8520),
    City("Saint-Étienne", "42000", "Auvergne-Rhône-Alpes", 45.4397, 4.3872),
    City("Nîmes", "30000", "Occitanie", 43.8367, 4.3601),
    City("Besançon", "25000", "Bourgogne-Franche-Comté", 47.2378, 6.0241),
    City("Orléans", "45000", "Centre-Val de Loire", 47.9029, 1.9093),
    City("Lille", "59000", "Hauts-de-France", 50.6292, 3.0573),
    City("Quimper", "29000", "Bretagne", 47.9960, -4.1024),
    City("L'Haÿ-les-Roses", "94240", "Île-de-France", 48.7801, 2.3370),
    City("Angoulême", "16000", "Nouvelle-Aquitaine", 45.6484, 0.1562),
)

TRADES = (
    Trade(
        "Comptable",
        ("Tenue de la comptabilité générale", "Clôtures mensuelles", "Déclarations de TVA"),
        ("Sage 100", "Comptabilité générale", "Excel", "Fiscalité"),
        "DCG - Diplôme de comptabilité et de gestion",
    ),
    Trade(
        "Développeur Python",
        ("Conception d'API REST", "Tests automatisés", "Revues de code"),
        ("Python", "Django", "PostgreSQL", "Docker", "Git"),
        "Master informatique",
    ),
    Trade(
        "Infirmier de nuit",
        ("Surveillance de 24 patients", "Soins post-opératoires", "Transmissions"),
        ("Soins infirmiers", "Gestion de la douleur", "Travail d'équipe"),
        "Diplôme d'État d'infirmier",
    ),
    Trade(
        "Commerciale terrain",
        ("Prospection sur trois départements", "Négociation", "Suivi de 80 comptes"),
        ("Prospection", "Négociation", "Permis B", "Salesforce"),
        "BTS Négociation et digitalisation de la relation client",
    ),
    Trade(
        "Chef de projet digital",
        ("Cadrage des besoins", "Pilotage des prestataires", "Budget de 300 k€"),
        ("Gestion de projet", "Scrum", "UX", "Anglais courant"),
        "Master communication numérique",
    ),
    Trade(
        "Secrétaire médicale",
        ("Accueil des patients", "Gestion des rendez-vous", "Frappe des comptes rendus"),
        ("Doctolib", "Accueil", "Word", "Discrétion"),
        "Titre professionnel secrétaire assistante médico-sociale",
    ),
    Trade(
        "Cuisinière de collectivité",
        ("Préparation de 350 couverts", "Application de la méthode HACCP", "Commandes"),
        ("HACCP", "Cuisine de collectivité", "Gestion des stocks"),
        "CAP cuisine",
    ),
)

EMPLOYERS = (
    "Ateliers Vauquelin", "Groupe Méridienne", "Société Bréval & Fils", "Clinique des Aubépines",
    "Énergies du Ponant", "Mutuelle L'Étoile", "Fromagerie Côte d'Ambre", "Transports Hérisson",
    "Cabinet Noël-Delcourt", "Numérique Île d'Or",
)  # fmt: skip

SCHOOLS = (
    "Université de Franche-Comté", "Lycée Évariste-Galois", "IUT de Quimper", "École des Tilleuls",
    "IFSI de Saint-Étienne", "Université Lumière", "CFA de l'Artisanat",
)  # fmt: skip

SUMMARIES = (
    "{title} avec {years} ans d'expérience à {city}. Rigueur, autonomie et sens du service.",
    "Après {years} ans comme {title}, je cherche un poste stable près de {city}.",
    "{title} de formation, mobile dans la région de {city}, disponible sous un mois.",
)

# As pasted from Word: typographic quotes and apostrophes, bullets, dashes, an ellipsis, a narrow
# no-break space and one of Word's private symbols. Flatchr's docs want all of them made plain.
WORD_SUMMARIES = (
    "J’ai exercé comme “{title}” pendant {years} ans à {city} :\n"
    "• Rigueur et sens de l’organisation\n• Esprit d’équipe – même sous pression…\n"
    "\uf0b7 Permis B",
    "„{title}“ — {years} ans d’expérience\u202f; disponible à {city}.\n"
    "▪ Autonomie\n▪ Goût du travail bien fait\n‣ « Toujours à l’heure »",
)
