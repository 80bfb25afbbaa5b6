"""D2 text."""

import json


def quote_label(text: str) -> str:
    """A name or label that D2 takes as it is."""
    return json.dumps(text, ensure_ascii=False).replace("$", "\\$")
