"""HrFlow's data: sources, profiles with their encoded bytes, and their files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.data import documents
from sandbox.data.profiles import Crowd, Json, iso, key_for, new_profile
from sandbox.data.variants import TROUBLES, Draft, plain_cv, vary
from sandbox.encoding import encode

_BRIEF = ("key", "reference", "created_at", "updated_at", "archived_at")


@dataclass
class StoredProfile:
    """One profile; `full` and `brief` are encoded once, because most calls read."""

    data: Json
    files: dict[str, str]
    created: datetime = field(init=False)
    updated: datetime = field(init=False)
    # A monotonic moment: HrFlow speaks of a profile before it can be read by its key.
    readable_from: float = 0
    _full: bytes | None = None
    _brief: bytes | None = None

    def __post_init__(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        """Forget what was encoded: call it after a change."""
        self._full = self._brief = None
        self.created = _moment(self.data["created_at"])
        self.updated = _moment(self.data["updated_at"])

    @property
    def key(self) -> str:
        return str(self.data["key"])

    @property
    def full(self) -> bytes:
        if self._full is None:
            self._full = encode(self.data)
        return self._full

    @property
    def brief(self) -> bytes:
        if self._brief is None:
            self._brief = encode({name: self.data.get(name) for name in _BRIEF})
        return self._brief

    def lines(self) -> list[str]:
        """What its CV says."""
        info = self.data["info"]
        jobs = [str(entry.get("title") or "") for entry in self.data["experiences"] or []]
        head = [info["full_name"], info["email"], info["phone"]]
        return [str(line or "-") for line in head] + jobs

    def change(self, patch: Json) -> None:
        """Merge `patch`, one level into `info`; `updated_at` is now unless the patch says."""
        info = self.data["info"] | patch.get("info", {})
        self.data |= {"updated_at": iso(datetime.now(UTC))} | patch | {"info": info}
        self.refresh()

    def archive(self) -> None:
        now = iso(datetime.now(UTC))
        self.change({"archived_at": now, "updated_at": now})


def _moment(value: object) -> datetime:
    """Some dates of the reference have no zone; they are UTC. What is no date is sorted as now."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return datetime.now(UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass
class Source:
    """An HrFlow source."""

    key: str
    name: str
    number: int
    profiles: dict[str, StoredProfile] = field(default_factory=dict)

    def as_json(self) -> Json:
        return {"key": self.key, "name": self.name, "type": "api", "subtype": "python"}


class Library:
    """All sources: `main` with older shapes and troublesome profiles, `bulk` with clean ones."""

    def __init__(self, *, seed: int, address: str, profiles: int, resume_bytes: int) -> None:
        self.seed, self.address, self.resume_bytes = seed, address, resume_bytes
        self.troubles: dict[str, str] = {}
        self.sources: dict[str, Source] = {}
        self._by_key: dict[str, StoredProfile] = {}
        self._crowds: dict[str, Crowd] = {}
        self._fill(self._source("main", 0), profiles, self._main_profile)
        self._fill(self._source("bulk", 1), profiles, self._clean_profile)

    def _source(self, name: str, number: int) -> Source:
        source = Source(key_for(self.seed, "source", name), name, number)
        self.sources[source.key] = source
        self._crowds[source.key] = Crowd(f"{self.seed}:{name}")
        return source

    def _fill(self, source: Source, count: int, make: Callable[[Source, int, int], None]) -> None:
        for number in range(count):
            make(source, number, count)

    def _main_profile(self, source: Source, number: int, count: int) -> None:
        """The last ones are the troublesome ones, and never more than half."""
        kinds = list(TROUBLES)[: count // 2]
        trouble = number - (count - len(kinds))
        draft = self._draft(source, number, clean=trouble >= 0)
        if trouble < 0:
            vary(draft, number)
        else:
            TROUBLES[kinds[trouble]](draft)
            self.troubles[kinds[trouble]] = draft.data["key"]
        self._keep(source, draft)

    def _clean_profile(self, source: Source, number: int, _count: int) -> None:
        draft = self._draft(source, number, clean=True)
        plain_cv(draft)
        self._keep(source, draft)

    def _draft(self, source: Source, number: int, *, clean: bool) -> Draft:
        key = key_for(self.seed, source.name, number)
        person = self._crowds[source.key].draw()
        if source.name == "main" and number < 3:
            person.last_name = "Martin"
        place = source.number * 1_000_000 + number
        data = new_profile(key, source.as_json(), person, number, clean=clean)
        return Draft(data | {"id": place + 100_000}, self.address)

    def _keep(self, source: Source, draft: Draft) -> StoredProfile:
        stored = StoredProfile(draft.data, draft.files)
        source.profiles[stored.key] = self._by_key[stored.key] = stored
        return stored

    def find_source(self, name: str) -> Source | None:
        """By key or by name."""
        if name in self.sources:
            return self.sources[name]
        return next((one for one in self.sources.values() if one.name == name), None)

    def add(self, source: Source, patch: Json) -> StoredProfile:
        """A new clean profile, dated now unless `patch` says otherwise."""
        number = len(self._by_key)
        draft = self._draft(source, number, clean=True)
        plain_cv(draft)
        now = iso(datetime.now(UTC))
        draft.data |= {"reference": f"CAND-{number:05d}", "created_at": now, "updated_at": now}
        stored = self._keep(source, draft)
        stored.change({"updated_at": now} | patch)
        return stored

    def delete(self, source: Source, key: str) -> None:
        """Later reads of the key and of its file find nothing."""
        source.profiles.pop(key, None)
        self._by_key.pop(key, None)

    def file(self, key: str, name: str) -> tuple[bytes, str] | None:
        """Content and content type; None where there is no such file."""
        profile = self._by_key.get(key)
        kind = profile.files.get(name) if profile else None
        if profile is None or kind is None:
            return None
        return self._content(profile, kind), _CONTENT_TYPES.get(kind, documents.PDF)

    def _content(self, profile: StoredProfile, kind: str) -> bytes:
        key = profile.key
        if kind in ("empty", "redirect"):
            return b""
        if kind == "html":
            return documents.html_page(key)
        if kind == "huge":
            return documents.huge_pdf(key)
        if kind == "docx":
            return documents.docx(key, profile.lines())
        variant = "original" if kind == "original" else "resume"
        return documents.pdf(key, profile.lines(), size=self.resume_bytes, variant=variant)


# The worst case of a wrong type: an HTML page under a PDF's name and type.
_CONTENT_TYPES = {
    "docx": documents.DOCX,
    "untyped": "application/octet-stream",
    "redirect": "redirect",
}
