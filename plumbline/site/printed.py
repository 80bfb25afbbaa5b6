"""What a printed page says below: a sheet in a folder has to tell what it was printed from. Pure."""

_PLAIN = frozenset(" .,-_")


def with_footer(page: str, said: str) -> str:
    """A page whose sheets carry the words at their foot; the style sheet numbers them."""
    style = f'<style>@page {{ @bottom-left {{ content: "{_css(said)}" }} }}</style>'
    return page.replace("</head>", f"{style}\n</head>", 1)


def _css(said: str) -> str:
    """Text within quotes of a style sheet, in which nothing is markup."""
    return "".join(each if each.isalnum() or each in _PLAIN else f"\\{ord(each):x} " for each in said)
