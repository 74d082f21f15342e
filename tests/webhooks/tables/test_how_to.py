"""The guide says what the code does."""

import re
from pathlib import Path

import pytest

from apps.core.tables.table import Table
from apps.webhooks.tables.columns import EXAMS, TIMETABLE
from tests.webhooks.tables.files import documents

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs/how-to/import-a-timetable.md").read_text(encoding="utf-8")
SOURCES = (ROOT / "docs/how-to/add-a-source.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return GUIDE.split(f"## {title}\n")[1].split("\n## ")[0]


@pytest.mark.django_db
def test_the_examples_are_imported() -> None:
    serbian, english = re.findall(r"```csv\n(.*?)```", section("The timetable"), re.DOTALL)
    [exams] = re.findall(r"```csv\n(.*?)```", section("The exam list"), re.DOTALL)
    [course] = documents(serbian.encode(), exams.encode())
    assert [entry["kind"] for entry in course["entries"]] == ["lecture", "lab"]
    assert [sitting["starts_at"][:10] for sitting in course["exams"][0]["sittings"]] == [
        "2027-01-20",
        "2027-01-21",
    ]
    [course] = documents(english.encode())
    assert course["entries"][0]["weeks"] == [1, 2, 3, 4, 5, 6, 7, 9, 11, 12, 13, 14, 15]
    assert course["entries"][1]["online_url"] == "https://meet.example.org/ma101"


@pytest.mark.parametrize(("title", "table"), [("The timetable", TIMETABLE), ("The exam list", EXAMS)])
def test_every_column_is_listed_with_all_its_names(title: str, table: Table) -> None:
    listed = {
        column: {name for name in (column, *names.split(", ")) if name}
        for column, names in re.findall(r"^\| `(\w+)` \| (.*?) ?\|", section(title), re.MULTILINE)
    }
    assert listed == {column: {column, *names} for column, names in table.names.items()}


def test_the_files_to_touch_are_there() -> None:
    named = re.findall(r"^\| `([^`]+)` \|", SOURCES, re.MULTILINE)
    assert len(named) == 7
    for path in named:
        assert (ROOT / path.split("<")[0]).exists(), path


def test_the_translation_in_the_guide_translates() -> None:
    [code] = re.findall(r"```python\n(.*?)```", SOURCES, re.DOTALL)
    names: dict[str, object] = {}
    exec(code, names)
    translate = names["translate"]
    assert callable(translate)
    event = translate(
        {
            "obrisan": False,
            "izmenjeno": "2026-10-01T10:00:00Z",
            "sifra": "ALG",
            "semestar": "a",
            "naziv": "Algoritmi",
        }
    )
    assert (event["type"], event["data"]["title"]) == ("course.updated", "Algoritmi")
