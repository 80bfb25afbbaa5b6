"""What a server was told at its first boot, in two parts: what each roll-out delivers again, and what only a new server gets.

A label holds the hash of each part, for the API never gives user data back. A server of before the two has one label, of the
whole; where that is the whole of today, both parts are known.
"""

from collections.abc import Mapping
from hashlib import sha256

from plumbline.provisioning.labels import NODE_FILES, USER_DATA

DELIVERED_FROM = "  # Each roll-out delivers the files from here on.\n"
DELIVERED_TO = "  # To here. Whatever else this file has, only a new server gets.\n"
"""Lines of user data around the files that a roll-out delivers; what reads YAML does not see them."""


def split_user_data(text: str) -> tuple[str, str]:
    """What only a new server gets, and what a roll-out delivers; nothing is delivered where no line says so."""
    before, marked, rest = text.partition(DELIVERED_FROM)
    delivered, _, after = rest.partition(DELIVERED_TO)
    return (before + after, delivered) if marked else (text, "")


def short_hash(text: str) -> str:
    """As it stands in a label: that holds at most 63 characters."""
    return sha256(text.encode()).hexdigest()[:32]


def first_boot_hash(text: str) -> str:
    """Of what only a new server gets."""
    return short_hash(split_user_data(text)[0])


def node_files_hash(text: str) -> str:
    """Of what a roll-out delivers, as the roll-out leaves it on the node."""
    return short_hash(split_user_data(text)[1])


def whole_hash(text: str) -> str:
    """Of both parts together, as labels of before the two hold it."""
    return short_hash(text.replace(DELIVERED_FROM, "").replace(DELIVERED_TO, ""))


def told_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Those labels that say what a server was told."""
    return {key: labels[key] for key in (USER_DATA, NODE_FILES) if key in labels}


def first_boot_labels(text: str) -> dict[str, str]:
    """Labels of a server that has both parts."""
    return {USER_DATA: first_boot_hash(text), NODE_FILES: node_files_hash(text)}


def is_of_one_label(labels: Mapping[str, str], text: str) -> bool:
    """Whether a label of before the two says that the server has both parts as they are today."""
    return NODE_FILES not in labels and labels.get(USER_DATA) == whole_hash(text)


def first_boot_difference(labels: Mapping[str, str], text: str) -> str:
    """Why a server has to be made anew for what it was told at first boot, in words; empty where it has not."""
    told = labels.get(USER_DATA)
    if told is None:
        return f"first boot, because its label {USER_DATA} is gone"
    if told == first_boot_hash(text) or is_of_one_label(labels, text):
        return ""
    if NODE_FILES in labels:
        return "first boot"
    return (
        "first boot, or only files that a roll-out delivers: its label is from before the two were told apart, and does not say "
        "which; apply once from the spec that it was made from, which tells them apart"
    )


def undelivered(labels: Mapping[str, str], text: str) -> str:
    """What a roll-out still has to deliver, in words; empty where all is delivered, or a new server is needed anyway."""
    if first_boot_difference(labels, text) or is_of_one_label(labels, text):
        return ""
    have = labels.get(NODE_FILES)
    if have == node_files_hash(text):
        return ""
    state = f"are unknown, because its label {NODE_FILES} is gone" if have is None else "differ from the spec"
    return f"its node files {state}: the next roll-out delivers them, and nothing is replaced"
