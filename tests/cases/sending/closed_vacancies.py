"""What Flatchr may say with a 400 or 404 to a create: is it about the vacancy, or the candidate?"""

from __future__ import annotations

from typing import Any

from tests.cases import Case

TEST = "clients/flatchr/test_flatchr_closed.py::test_a_refusal_says_whether_the_vacancy_is_closed"
CLOSED: list[tuple[int, Any]] = [
    (400, "vacancy is closed"),
    (404, "vacancy not found"),
    (404, {"error": "Vacancy not found"}),
    (400, {"statusCode": 400, "message": "This vacancy is no longer available"}),
    (400, {"vacancy": ["is not open"]}),
    (410, "The job offer has expired"),
    (422, "Unknown vacancy"),
    (404, "No vacancy found"),
    (404, "no such vacancy: z7gwqnjq6gdjraka-account-executive"),
    (404, "vacancy z7gwqnjq6gdjraka-account-executive was not found"),
    (400, "Vacancy doesn't exist"),
    (400, "Cette offre est clôturée"),
    (400, "Cette offre est cloturee."),
    (404, "L'annonce n'existe plus"),
    (404, "L’annonce n’est plus en ligne"),
    (400, {"message": "Offre fermée aux candidatures"}),
    (400, "Poste déjà pourvu"),
    (404, "Annonce introuvable"),
    (400, {"code": "VACANCY_CLOSED", "url": "https://docs.example.org/x"}),
    (400, b'{"error":"vacancy_closed","more":"https://docs.example.org/y"}'),
    (400, "The job offer is filled"),
    (404, "Aucune offre trouvée"),
    (400, b'{"message":"offre archiv\\u00e9e"}'),
]
OTHER: list[tuple[int, Any]] = [
    (400, "vacancy is required"),
    (400, "invalid vacancy token"),
    (400, "vacancy must be filled"),
    (400, "L'offre n'est pas renseignée"),
    (400, "firstname is required"),
    (400, "email not found"),
    (404, "company not found"),
    (404, "Not Found"),
    (404, "Cannot POST /vacancy/candidate/json"),
    (404, "The requested URL /vacancy/candidate/json was not found on this server."),
    (404, "<html><body>Vacancy not found</body></html>"),
    (404, "vacancy: company not found"),
    (400, "vacancy: candidate unknown"),
    (400, "offerer_id not found"),
    (400, "resume: file closed"),
    (400, "limit of applicants reached"),
    (413, "too large"),
    (400, ""),
]
CASES = [
    Case("closed_vacancies", f"{status} {body!r}", (status, body), right, TEST)
    for rows, right in ((CLOSED, True), (OTHER, False))
    for status, body in rows
]
