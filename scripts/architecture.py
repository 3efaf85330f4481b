"""Draws the pictures of docs/architecture.md from the code.

The floors come from the import contract, the states of a push from its transitions. `--check` fails
where a committed picture is no longer true.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from scripts.processes import ROOT

IMAGES = ROOT / "docs" / "images"
FLOORS = IMAGES / "architecture.svg"
STATES = IMAGES / "push-states.svg"
TRANSITIONS = ROOT / "sync" / "models" / "push" / "transitions"
WIDTH, ROW, GAP, PAD = 960, 46, 12, 14
STYLE = (
    "<style>text{font:14px system-ui,sans-serif;fill:#1f2933}"
    ".small{font-size:12px;fill:#52606d}.box{fill:#f5f7fa;stroke:#9aa5b1}"
    ".room{fill:#e6f0fa;stroke:#7b93b0}.open{fill:#fff7e0;stroke:#c9a227}"
    ".closed{fill:#e8f5ec;stroke:#5a9a6e}.line{stroke:#52606d;fill:none;marker-end:url(#tip)}"
    ".line.bulk{stroke-dasharray:5 4}.line.people{stroke:#2e7d4f}text.people{fill:#2e7d4f}"
    "</style>"
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8"'
    ' orient="auto"><path d="M0 0 8 4 0 8z" fill="#52606d"/></marker></defs>'
)


def main() -> int:
    stale = []
    for path, picture in ((FLOORS, draw_floors()), (STATES, draw_states())):
        if "--check" not in sys.argv:
            path.write_text(picture, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != picture:
            stale.append(path.relative_to(ROOT))
    for name in stale:
        print(f"{name} is no longer true: run python -m scripts.architecture")
    return len(stale)


# --- floors -------------------------------------------------------------------------------------


def layers_of(name: str) -> list[list[str]]:
    """The layers of one contract, top first; each is a list of modules."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    [contract] = [one for one in contracts if one["name"].startswith(name)]
    return [
        [module.strip().removeprefix("sync.") for module in re.split("[:|]", layer)]
        for layer in contract["layers"]
    ]


def draw_floors() -> str:
    """Each floor a row, the highest first; `services` holds its own rows."""
    rooms, parts, top = layers_of("Services"), [], GAP
    for floor in layers_of("Imports"):
        if "services" in floor:
            height = len(rooms) * (ROW + GAP) + ROW - GAP
            parts.append(_box(GAP, top, WIDTH - 2 * GAP, height, "box"))
            parts.append(f'<text x="{GAP + PAD}" y="{top + 24}">services</text>')
            inner = top + 36
            for layer in rooms:
                parts += _row(layer, inner, GAP + PAD, WIDTH - 2 * (GAP + PAD), "room")
                inner += ROW + GAP
            top += height + GAP
        else:
            parts += _row(floor, top, GAP, WIDTH - 2 * GAP, "box")
            top += ROW + GAP
    note = "Imports go down, never up; rooms of one row do not import each other unless joined."
    parts.append(f'<text class="small" x="{GAP}" y="{top + 14}">{note}</text>')
    return _svg(WIDTH, top + 28, parts)


def _row(names: list[str], top: int, left: int, width: int, kind: str) -> list[str]:
    """Boxes of one width beside each other, each with its name and what it is for."""
    each = (width - GAP * (len(names) - 1)) / len(names)
    parts = []
    for number, name in enumerate(names):
        x = left + number * (each + GAP)
        parts.append(_box(x, top, each, ROW, kind))
        parts.append(f'<text x="{x + PAD:.0f}" y="{top + 19}">{escape(name)}</text>')
        room = int((each - 2 * PAD) / 6.2)
        purpose = _purpose(name if kind == "box" else f"services.{name}")
        short = purpose if len(purpose) <= room else purpose[: room - 1].rstrip(" ,") + "…"
        parts.append(f'<text class="small" x="{x + PAD:.0f}" y="{top + 37}">{escape(short)}</text>')
    return parts


def _purpose(module: str) -> str:
    """The first line of its docstring."""
    place = ROOT / "sync" / module.replace(".", "/")
    source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    text = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0].rstrip(".")


# --- states -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Transition:
    """One verb: it leaves any of `before` and enters one of `after`."""

    verb: str
    by: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def transitions() -> Iterator[Transition]:
    """From the docstrings of the transitions: `running, retrying → failed: why.`"""
    for path in sorted(TRANSITIONS.glob("[a-z]*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            text = ast.get_docstring(node) if isinstance(node, ast.FunctionDef) else None
            found = re.match(r"([a-z_, ]+) → ([a-z_, ]+?)[.:;]", text or "")
            if found and not node.name.startswith("_"):
                before, after = (tuple(re.split(r",\s*|\s+or\s+", part)) for part in found.groups())
                yield Transition(node.name, path.stem, before, after)


# Where each state stands: column and row.
PLACES = {
    "queued": (0, 0),
    "retrying": (0, 2),
    "running": (1, 1),
    "unconfirmed": (2, 2),
    "succeeded": (3, 0),
    "already_there": (3, 1),
    "discarded": (3, 2),
    "failed": (3, 3),
    "cancelled": (0, 3),
}
OPEN_STATES = ("queued", "running", "retrying", "unconfirmed")
STEP_X, STEP_Y, BOX_W, BOX_H = 240, 90, 130, 40
LINE = 20


def draw_states() -> str:
    """States as boxes, an arrow for each pair that a transition joins, and the transitions below:
    solid by a worker, dashed by the sweep, green by a person."""
    found = list(transitions())
    arrows: dict[tuple[str, str, str], None] = {}
    for one in found:
        pairs = ((b, a) for b in one.before for a in one.after if a != b)
        arrows.update({(b, a, one.by): None for b, a in pairs})
    parts = [_arrow(before, after, by) for before, after, by in arrows]
    for name in PLACES:
        x, y = _place(name)
        parts.append(_box(x, y, BOX_W, BOX_H, "open" if name in OPEN_STATES else "closed"))
        parts.append(f'<text x="{x + 12}" y="{y + 25}">{name}</text>')
    top = 4 * STEP_Y + 30
    for number, one in enumerate(found):
        words = f"{', '.join(one.before)} → {', '.join(one.after)}"
        y = top + number * LINE
        parts.append(f'<text class="small {one.by}" x="30" y="{y}">{one.verb}</text>')
        parts.append(f'<text class="small" x="220" y="{y}">{escape(words)}</text>')
    return _svg(3 * STEP_X + BOX_W + 60, top + len(found) * LINE, parts)


def _place(name: str) -> tuple[int, int]:
    column, row = PLACES[name]
    return 30 + column * STEP_X, 20 + row * STEP_Y


def _arrow(before: str, after: str, by: str) -> str:
    """From the middle of one box to the edge of the other, bent a little so that the way back is
    another line."""
    (x1, y1), (x2, y2) = _place(before), _place(after)
    x1, y1, x2, y2 = x1 + BOX_W // 2, y1 + BOX_H // 2, x2 + BOX_W // 2, y2 + BOX_H // 2
    dx, dy = x2 - x1, y2 - y1
    to_side = (BOX_W / 2 + 4) / abs(dx) if dx else 1.0
    to_top = (BOX_H / 2 + 4) / abs(dy) if dy else 1.0
    scale = min(to_side, to_top)
    bend = 0.16 if by == "people" else 0.08
    middle_x, middle_y = (x1 + x2) / 2 - dy * bend, (y1 + y2) / 2 + dx * bend
    return (
        f'<path class="line {by}" d="M{x1} {y1} Q{middle_x:.0f} {middle_y:.0f} '
        f'{x2 - dx * scale:.0f} {y2 - dy * scale:.0f}"/>'
    )


# --- SVG ----------------------------------------------------------------------------------------


def _box(x: float, y: float, width: float, height: float, kind: str) -> str:
    return (
        f'<rect class="{kind}" x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" rx="6"/>'
    )


def _svg(width: int, height: int, parts: list[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
    back = f'<rect width="{width}" height="{height}" fill="#fff"/>'
    return "\n".join([head, STYLE, back, *parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
