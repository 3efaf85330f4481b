"""Somebody at a browser, who notices what is wrong with a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

WATCH = """
window.__violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
    window.__violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""
WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
# Longest wait for anything on a page (milliseconds): the machines of CI are slow and shared.
PATIENCE = 30_000


@dataclass
class Visitor:
    """One person's browser window; `problems` is what the browser complained about."""

    page: Any
    base: str
    clicks: int = 0
    ticks: int = 0
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.add_init_script(WATCH)
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def _note(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(message.text)

    def open(self, path: str) -> int:
        """Returns the HTTP status."""
        return int(self.page.goto(self.base + path).status)

    def click(self, target: str, **options: Any) -> None:
        self.clicks += 1
        self.page.locator(target).first.click(**options)

    def tick(self, target: str, number: int, **options: Any) -> None:
        self.clicks += 1
        self.ticks += 1
        self.page.locator(target).nth(number).click(**options)

    def log_in(self, username: str, password: str) -> None:
        self.open("/admin/login/")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", password)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url(f"{self.base}/admin/")

    def complaints(self) -> list[str]:
        """Since the last time one asked."""
        found = [*self.problems, *self.page.evaluate("window.__violations")]
        self.problems.clear()
        return found

    def text(self, target: str = "main") -> str:
        return str(self.page.locator(target).first.inner_text())

    def heading(self) -> str:
        return self.text("h1")

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))
