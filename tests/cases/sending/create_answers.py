"""What Flatchr may say with a 200 to a create."""

from __future__ import annotations

from typing import Any

from tests.cases import Case

TEST = (
    "clients/flatchr/test_flatchr_create.py"
    "::test_only_the_documented_sentence_says_that_a_candidate_was_created"
)
TEXT, JSON = "text/plain", "application/json"
YES: list[tuple[str, Any, str]] = [
    ("the documented sentence", "applicant created", TEXT),
    ("capitals", "Applicant Created", TEXT),
    ("a dot", "applicant created.", TEXT),
    ("blanks and a line feed around it", "  applicant created\r\n", TEXT),
    ("a byte order mark", b"\xef\xbb\xbfapplicant created", TEXT),
    ("a JSON text", '"applicant created"', JSON),
    ("a JSON text with a dot", '"Applicant created."', JSON),
    ("no type at all", "applicant created", ""),
    ("the sentence that calls itself a page", "applicant created", "text/html"),
    ("the message of an object", {"message": "applicant created"}, JSON),
    ("an object with its status", {"statusCode": 200, "message": "applicant created"}, JSON),
    ("an object with a status in text", {"status": "201", "message": "Applicant created"}, JSON),
    ("an object with no error", {"error": None, "message": "applicant created"}, JSON),
    ("an object with an id", {"id": "z7gWQ", "message": "applicant created"}, JSON),
]
UNKNOWN: list[tuple[str, Any, str]] = [
    ("already there", "applicant already exists", TEXT),
    ("already created", "applicant already created", TEXT),
    ("a limit", "applicant limit reached", TEXT),
    ("a limit beside the sentence", "applicant created: limit reached", TEXT),
    ("a refusal", "applicant not created", TEXT),
    ("a French refusal", "candidature refusée : quota atteint", TEXT),
    ("a French refusal with the word", "Cet applicant a déjà postulé à cette annonce", TEXT),
    ("French for created", "candidat créé", TEXT),
    ("the sentence and more", "applicant created on another vacancy", TEXT),
    ("the sentence twice", "applicant created applicant created", TEXT),
    ("a draft", "applicant created as draft", TEXT),
    ("to come", "applicant will be created", TEXT),
    ("OK", "OK", TEXT),
    ("nothing", "", TEXT),
    ("bytes", b"\x00\xff\xfe", TEXT),
    ("a page", "<html>applicant created</html>", "text/html"),
    ("a page that calls itself text", "  <!DOCTYPE html> applicant created", TEXT),
    ("an empty object", {}, JSON),
    ("an object without a message", {"applicant": "z7gWQ"}, JSON),
    ("a status of 400", {"status": 400, "message": "applicant created"}, JSON),
    ("a statusCode of 422", {"statusCode": 422, "message": "applicant created"}, JSON),
    ("a code in text", {"code": "409", "message": "applicant created"}, JSON),
    ("a status of error", {"status": "error", "message": "applicant created"}, JSON),
    ("an error", {"error": "quota", "message": "applicant created"}, JSON),
    ("a list of errors", {"errors": [{"x": 1}], "message": "applicant created"}, JSON),
    ("success: false", {"success": False, "message": "applicant created"}, JSON),
    ("created: false", {"created": False, "message": "applicant created"}, JSON),
    ("another message", {"message": "applicant already exists"}, JSON),
    ("an error that has the word", {"error": "applicant could not be created"}, JSON),
    ("a message that is an object", {"message": {"text": "applicant created"}}, JSON),
    ("a list", ["applicant created"], JSON),
    ("JSON cut short", '{"message": "applicant created"', JSON),
    ("a quote left open", '"applicant created', JSON),
    ("two messages", '{"message": "applicant created", "Message": "limit reached"}', JSON),
    ("two equal fields", '{"message": "limit", "message": "applicant created"}', JSON),
    ("nested too deep", '{"message":' + "[" * 5000, JSON),
]
CASES = [
    Case("create_answers", name, (body, type_), right, TEST)
    for rows, right in ((YES, True), (UNKNOWN, False))
    for name, body, type_ in rows
]
