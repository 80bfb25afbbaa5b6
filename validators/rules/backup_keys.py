"""PLB880: public keys of backups that are keys, and different ones."""

from collections.abc import Iterator

from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.backup_examples import ONE_KEY, OTHER_KEY, kept
from validators.rules.registry import Violation, rule
from validators.rules.secrets import unused_secrets

_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


@rule(
    "PLB880",
    title="Backup keys that are invalid or identical",
    why="`age` refuses an invalid key, so no backup is made. If two entries have the same key, its loss makes every backup unreadable.",
    fix="Copy each public key again from the file that `age-keygen` wrote, and give each entry its own.",
    failing=kept((OTHER_KEY, ONE_KEY)),
    passing=kept(),
)
def no_key(spec: Spec) -> Iterator[Violation]:
    """Recipients whose checksum is wrong, recipients that stand twice, and a destination whose two keys are one secret."""
    seen: dict[str, str] = {}
    for name, key in spec.backups.recipients.items():
        path = path_of("backups", "recipients", name)
        if not is_bech32(key):
            yield Violation(path, "its checksum is wrong: a character was lost or changed")
        elif key in seen:
            first = path_of("backups", "recipients", seen[key])
            yield Violation(path, f"`{name}` has the same key as `{seen[key]}`", also=((first, "the same key"),))
        seen.setdefault(key, name)
    destination = spec.backups.destination
    if destination and destination.access_key == destination.secret_key:
        path = path_of("backups", "destination", "secret_key")
        left_over = tuple((name,) for name in unused_secrets(spec))
        message = f"`{destination.secret_key}` is both the ID of the access key and its secret"
        yield Violation(path, message, explains=left_over)


def is_bech32(text: str) -> bool:
    """Whether the checksum at the end of a text in Bech32 is right (BIP 173, as age uses it, without its limit of length)."""
    prefix, _, data = text.rpartition("1")
    if not prefix or set(data) - set(_LETTERS):
        return False
    values = [*(ord(each) >> 5 for each in prefix), 0, *(ord(each) & 31 for each in prefix)]
    checksum = 1
    for value in (*values, *(_LETTERS.index(each) for each in data)):
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            checksum ^= generator if top >> bit & 1 else 0
    return checksum == 1
