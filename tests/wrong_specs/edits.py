"""Edits of a YAML text at a place: what a person does in an editor."""

import yaml

from tests.wrong_specs.sites import Site


def put(text: str, start: int, end: int, new: str) -> str:
    """The text with a span replaced."""
    return text[:start] + new + text[end:]


def with_value(text: str, site: Site, new: str) -> str:
    """Another value; of a block, all its lines go."""
    start, end = site.value.start_mark.index, _end(text, site.value)
    block = isinstance(site.value, yaml.CollectionNode) and not site.value.flow_style
    literal = isinstance(site.value, yaml.ScalarNode) and site.value.style in ("|", ">")
    if block:
        # what is below begins on a line of its own, indented
        line = text.rindex("\n", 0, start) + 1
        return put(text, line - 1, end, f" {new}\n") if site.key is not None else put(text, start, end, f"{new}\n")
    return put(text, start, end, f"{new}\n" if literal else new)


def with_key(text: str, site: Site, new: str) -> str:
    """Another key."""
    assert site.key is not None
    return put(text, site.key.start_mark.index, site.key.end_mark.index, new)


def span(text: str, site: Site) -> tuple[int, int]:
    """From where to where an entry or item stands; whole lines in a block, with one comma in a flow collection."""
    start = (site.key or site.value).start_mark.index
    end = _end(text, site.value)
    if site.above.flow_style:
        position = end
        while text[position] in " \n":
            position += 1
        if text[position] == ",":
            position += 1
            while text[position] in " \n":
                position += 1
            return start, position
        before = start - 1
        while text[before] in " \n":
            before -= 1
        return (before if text[before] == "," else start), end
    start = text.rindex("\n", 0, start) + 1 if "\n" in text[:start] else 0
    if text[end - 1] != "\n":
        end = text.index("\n", end) + 1 if "\n" in text[end:] else len(text)
    return start, end


def without(text: str, site: Site) -> str:
    """The entry or item removed."""
    return put(text, *span(text, site), "")


def twice(text: str, site: Site) -> str:
    """The entry or item once more, behind itself."""
    start, end = span(text, site)
    if site.above.flow_style:
        whole = text[(site.key or site.value).start_mark.index : site.value.end_mark.index]
        return put(text, site.value.end_mark.index, site.value.end_mark.index, f", {whole}")
    dash = text[start : (site.key or site.value).start_mark.index]  # `- `, where an item begins with it
    return put(text, end, end, " " * len(dash) + text[start + len(dash) : end] if dash.strip() else text[start:end])


def _end(text: str, node: yaml.Node) -> int:
    """Where a value ends; PyYAML has a block end where the next token begins, behind its indentation."""
    end: int = node.end_mark.index
    line = text.rindex("\n", 0, end) + 1 if "\n" in text[:end] else 0
    return line if end > line and not text[line:end].strip() else end


def typo(word: str) -> str:
    """Two letters swapped, or one doubled: what fingers do."""
    for index in range(1, len(word) - 1):
        if word[index] != word[index + 1] and word[index].isalpha() and word[index + 1].isalpha():
            return word[:index] + word[index + 1] + word[index] + word[index + 2 :]
    return word + word[-1:]
