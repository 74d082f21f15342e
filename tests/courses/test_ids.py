import uuid

from hypothesis import given
from hypothesis import strategies as st

from apps.courses.models.sourced import part_id, part_id_text


@given(st.uuids(), st.sampled_from(["entry", "exam"]), st.text(st.characters(exclude_categories=["Cs"])))
def test_the_id_of_a_part_is_the_same_as_text(course: uuid.UUID, kind: str, external_id: str) -> None:
    assert part_id_text(course, kind, external_id) == str(part_id(course, kind, external_id))
