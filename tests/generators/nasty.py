"""Values that YAML, Compose, a shell, Markdown or HTML could take for something else."""

from hypothesis import strategies as st

NASTY = (
    "$HOME", "$$", "${X:-y}", "'", '"', "a: b", "# no comment", "a #b", "line\nline", "\n", " ", "\ttab", "{{ x }}", "{% x %}",
    "<script>alert(1)</script>", "a|b", "|", ">", "007", "0o17", "1_000", "1:30", "12e3", "on", "no", "yes", "null", "~", "true",
    "2026-11-23", "- item", "? key", "!tag", "&anchor", "*alias", "%", "@", "`", "\\", "\\n", "é", "\u2028", "\u00a0", "😀", "[", "]",
    "**bold**", "[a](b)", "&amp;", "&lt;", "$(id)", "`id`", "=", "a=b",
)  # fmt: skip
"""Single values that have broken a generator somewhere."""

texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\r\t"), min_size=1, max_size=40),
    st.lists(st.sampled_from(NASTY), min_size=2, max_size=4).map("".join),
)
"""Any text, with the nasty ones well represented."""
