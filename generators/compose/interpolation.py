"""What Compose interpolates in a file: names of its variables, and how to escape other text."""


def address_variable(role: str) -> str:
    """Variable that holds the private address of a role's first node."""
    return f"{role.upper().replace('-', '_')}_ADDRESS"


def secret_variable(secret: str) -> str:
    """The project's variable that holds a secret: services may use one name for different secrets."""
    return f"SECRET_{secret.upper().replace('-', '_')}"


def literal(value: str) -> str:
    """Text that Compose takes as it is: `$` doubled, so that nothing is interpolated."""
    return value.replace("$", "$$")
