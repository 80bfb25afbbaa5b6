"""age: keeps a bundle from those who find its medium. It proves nothing about who made it: that is the signature's part."""

from pathlib import Path

from plumbline.spec.finding import Finding, InputError


def encrypt(file: Path, recipient: str) -> Path:
    """The file encrypted for a recipient (`age1…`), in its place. Raises InputError."""
    from pyrage import RecipientError, encrypt_file, x25519

    try:
        to = x25519.Recipient.from_str(recipient)
    except RecipientError as error:
        hint = "a public key of age begins with age1; `age-keygen -y KEYFILE` prints it"
        raise InputError([Finding("PLB960", f"{recipient} is not an age recipient: {error}", hint=hint)]) from None
    target = file.with_name(f"{file.name}.age")
    encrypt_file(str(file), str(target), [to])
    file.unlink()
    return target
