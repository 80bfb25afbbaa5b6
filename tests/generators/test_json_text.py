"""JSON of our own writing is what Python's library writes."""

import json

from hypothesis import given
from hypothesis import strategies as st

from generators.json_text import json_text

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@given(st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12))
def test_it_is_what_the_library_writes(data: object) -> None:
    assert json_text(data) == json.dumps(data, indent=2, ensure_ascii=False)
