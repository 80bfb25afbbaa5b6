"""Jinja2 for files in which `{{` and `${#x}` are the file's own: marks are `[[ ]]` and `[% %]`."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def shell_templates(folder: str) -> Environment:
    """Templates of a folder below `generators/`. The environment is shared, and not to be changed."""
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
