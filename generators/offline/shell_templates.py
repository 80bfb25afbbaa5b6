"""Jinja2 for files in which `{{` and `${#x}` are the file's own: marks are `[[ ]]` and `[% %]`."""

from functools import cache

from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket

from plumbline.spec.kept import note, recall


class _KeptCode(BytecodeCache):
    """Compiled templates, kept from one call of plumb to the next."""

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = recall("shell template", (bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        note("shell template", (bucket.key, bucket.checksum), bucket.code)


@cache
def shell_templates(folder: str) -> Environment:
    """Templates of a folder below `generators/`. The environment is shared, and not to be changed."""
    return Environment(
        loader=PackageLoader("generators", folder),
        bytecode_cache=_KeptCode(),
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
