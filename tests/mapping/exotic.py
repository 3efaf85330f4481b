"""Characters that are not plain text."""

from __future__ import annotations

import unicodedata

from sync.mapping.text import KEPT_SYMBOLS


def exotic(text: str) -> list[str]:
    """Characters that are neither on a plain keyboard nor a letter, mark or digit of a script."""
    return [
        character
        for character in text
        if not (character == "\n" or " " <= character <= "~" or character in KEPT_SYMBOLS)
        and unicodedata.category(character)[0] not in "LMN"
    ]
