"""What makes the default source realistic: older shapes, and profiles that cause errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.data.profiles import Json, attachment

NO_DATE = "1969-12-31T23:59:59"
PRIVATE_CV = "http://10.0.0.1/cv/resume.pdf"


@dataclass(slots=True)
class Draft:
    """A profile being made: its data, and its files: name to kind of content (`library.py`)."""

    data: Json
    address: str
    files: dict[str, str] = field(default_factory=dict)

    @property
    def info(self) -> Json:
        return self.data["info"]  # type: ignore[no-any-return]

    def attach(self, file: str, content: str, **shape: Any) -> None:
        """Serve a file with this kind of content, and list it among the attachments."""
        stem, _, extension = file.rpartition(".")
        usual: Json = {"kind": stem, "name": stem, "extension": f".{extension}", "size": 5120}
        self.files[file] = content
        url = f"{self.address}/files/{self.data['key']}/{file}"
        self.data["attachments"].append(attachment(url, **usual | shape))

    def link(self, url: str) -> None:
        """List a CV that is stored at another address."""
        shape = attachment(url, kind="resume", name="resume", extension=".pdf", size=5120)
        self.data["attachments"] = [shape]


def plain_cv(draft: Draft) -> None:
    draft.attach("resume.pdf", "pdf")


def vary(draft: Draft, number: int) -> None:
    """Give an ordinary profile one of the shapes that real ones come in."""
    if number % 3 == 0:
        draft.attach("original.pdf", "original", size="48213")
    if number % 7 == 3:
        draft.attach("resume.pdf", "pdf", kind=None, extension="")
    else:
        draft.attach("resume.pdf", "untyped" if number % 5 == 4 else "pdf")
    for every, remainder, change in _SHAPES:
        if number % every == remainder:
            change(draft)


def _old_urls(draft: Draft) -> None:
    urls = {entry["type"]: entry["url"] for entry in draft.info["urls"]}
    draft.info["urls"] = urls | {"from_resume": [urls["from_resume"]], "facebook": ""}


def _old_dates(draft: Draft) -> None:
    for experience in draft.data["experiences"]:
        for name in ("date_start", "date_end"):
            if experience[name]:
                experience[name] = {"iso8601": experience[name]}


def _sparse(draft: Draft) -> None:
    draft.info.update(phone=None, summary=None, location=None, urls=None)
    draft.data |= {"skills": None, "languages": None}


def _half_empty_experience(draft: Draft) -> None:
    blank = dict.fromkeys(draft.data["experiences"][0])
    draft.data["experiences"].append(blank | {"title": None, "location": {"text": None}})


def _missing_fields(draft: Draft) -> None:
    for name in ("educations", "labels", "tags", "metadatas", "interests", "certifications"):
        del draft.data[name]
    del draft.info["gender"], draft.info["date_birth"]


_SHAPES: tuple[tuple[int, int, Callable[[Draft], None]], ...] = (
    (5, 1, _old_urls),
    (6, 2, _old_dates),
    (8, 5, _sparse),
    (9, 4, _half_empty_experience),
    (10, 7, _missing_fields),
)


def _name(first: str | None, last: str | None, full: str | None) -> Callable[[Draft], None]:
    def change(draft: Draft) -> None:
        draft.info.update(first_name=first, last_name=last, full_name=full)
        plain_cv(draft)

    return change


def _no_email(draft: Draft) -> None:
    draft.info["email"] = None
    plain_cv(draft)


def _phone(written: str) -> Callable[[Draft], None]:
    def change(draft: Draft) -> None:
        draft.info["phone"] = written
        plain_cv(draft)

    return change


def _no_resume(draft: Draft) -> None:
    draft.data["attachments"] = []


def _file(content: str, name: str = "resume.pdf") -> Callable[[Draft], None]:
    return lambda draft: draft.attach(name, content)


def _link(url: str) -> Callable[[Draft], None]:
    return lambda draft: draft.link(url)


def _nulls(draft: Draft) -> None:
    kept = ("key", "source", "created_at", "updated_at")
    blank = {name: value if name in kept else None for name, value in draft.data.items()}
    draft.data |= blank | {"info": dict.fromkeys(draft.info)}


def _dates_1969(draft: Draft) -> None:
    for entry in draft.data["experiences"] + draft.data["educations"]:
        entry |= {"date_start": NO_DATE, "date_end": NO_DATE}
    draft.info["date_birth"] = NO_DATE
    plain_cv(draft)


def _duration_null(draft: Draft) -> None:
    draft.data |= {"experiences_duration": None, "educations_duration": None}
    plain_cv(draft)


def _one_email(first: str, last: str) -> Callable[[Draft], None]:
    def change(draft: Draft) -> None:
        _name(first, last, f"{first} {last}")(draft)
        draft.info["email"] = "famille.quemener@example.org"

    return change


def _gone(draft: Draft) -> None:
    plain_cv(draft)
    draft.files.clear()


TROUBLES: dict[str, Callable[[Draft], None]] = {
    "no_name": _name(None, None, None),
    "no_email": _no_email,
    "no_resume": _no_resume,
    "resume_12mb": _file("huge"),
    "resume_empty": _file("empty"),
    "resume_html": _file("html"),
    "resume_private": _link(PRIVATE_CV),
    "resume_file_scheme": _link("file:///etc/passwd"),
    "nulls": _nulls,
    "full_name_only": _name(None, None, "Éléonore Le Bihan-Kermarrec"),
    "cyrillic_name": _name("Наталья", "Соколова", "Наталья Соколова"),
    "chinese_name": _name("小明", "王", "王小明"),
    "arabic_name": _name("فاطمة", "الزهراء", "فاطمة الزهراء"),
    "dates_1969": _dates_1969,
    "duration_null": _duration_null,
    "shared_email_1": _one_email("Gwenaëlle", "Quéméner"),
    "shared_email_2": _one_email("Yves", "Quéméner"),
    "resume_docx": _file("docx", "resume.docx"),
    "resume_not_found": _gone,
    "resume_redirect": _file("redirect"),
    "phone_is_a_date": _phone("12/04/1990"),
    "phone_as_float": _phone("33639981234.0"),
    "phone_twice": _phone("01 99 00 12 34 / 06 39 98 12 34"),
    "full_name_with_title": _name(None, None, "Dr Armelle de KERMADEC, PhD"),
}

# Unless the company accepts a generated CV, none of these can become an applicant.
UNPUSHABLE = (
    "no_name", "no_resume", "resume_12mb", "resume_empty", "resume_html", "resume_private",
    "resume_file_scheme", "nulls", "resume_not_found", "resume_redirect",
)  # fmt: skip
