"""Jinja2 for files in which `{{` and `${#x}` are the file's own: marks are `[[ ]]` and `[% %]`."""

from jinja2 import Environment, PackageLoader, StrictUndefined


def shell_templates(folder: str) -> Environment:
    """Templates of a folder below `generators/`."""
    return Environment(
        loader=PackageLoader("generators", folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
        autoescape=False,
    )
