import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from apps.courses.models import Change, Course, Term
from apps.notifications.models import FanOut
from apps.webhooks.models import Delivery
from apps.webhooks.processing import apply_pending
from tests.factories.courses import follow, make_user
from tests.factories.notifications import make_device
from tests.webhooks.tables.files import EXAM_HEADER, EXAM_ROWS, SOURCE, edited, file, import_now

TERM = [
    "--term-name",
    "Jesen",
    "--starts-on",
    "2026-09-28",
    "--ends-on",
    "2027-02-14",
    "--time-zone",
    "Europe/Belgrade",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "timetable.csv").write_bytes(file())
    (tmp_path / "exams.csv").write_bytes(file(EXAM_HEADER, EXAM_ROWS))
    return tmp_path


def run(*arguments: Any, source: str = SOURCE) -> str:
    out = io.StringIO()
    call_command("import_timetable", *map(str, arguments), "--source", source, "--term", "autumn", stdout=out)
    return out.getvalue()


@pytest.fixture
def worker() -> Iterator[None]:
    """The apply lane, on a thread and a connection of its own."""
    stopping = threading.Event()

    def work() -> None:
        while not stopping.is_set():
            apply_pending() or stopping.wait(0.02)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stopping.set()
    thread.join()


@pytest.mark.django_db(transaction=True)
def test_it_tells_the_term_the_courses_and_the_result(folder: Path, worker: None) -> None:
    said = run(
        folder / "timetable.csv",
        "--exams",
        folder / "exams.csv",
        *TERM,
        "--period",
        "teaching,2026-09-28,2027-01-15",
    )
    assert "2 courses with 4 entries and 2 exams." in said
    assert "2 deliveries stored." in said
    assert "Applied: changed 3" in said
    term = Term.objects.get()
    assert (term.name, term.time_zone, len(term.periods)) == ("Jesen", "Europe/Belgrade", 1)
    assert Course.objects.visible().count() == 2
    assert {row.source for row in Delivery.objects.all()} == {SOURCE}


@pytest.mark.django_db
def test_without_a_worker_it_says_that_deliveries_wait(folder: Path) -> None:
    said = run(folder / "timetable.csv", *TERM, "--wait", "0")
    assert "2 still wait for the worker; they are stored and will be applied." in said
    apply_pending()
    assert Course.objects.visible().count() == 2


@pytest.mark.django_db
def test_a_dry_run_shows_old_and_new_and_stores_nothing(folder: Path) -> None:
    import_now(file())
    (folder / "timetable.csv").write_bytes(edited("Raf10, Raf11", "Raf13"))
    before = (Delivery.objects.count(), Change.objects.count(), FanOut.objects.count())
    said = run(folder / "timetable.csv", "--dry-run")
    assert "~ Algoritmi\n    lab, Thursday 16:15 to 18:00, Raf10, Raf11: rooms: Raf10, Raf11 -> Raf13" in said
    assert (Delivery.objects.count(), Change.objects.count(), FanOut.objects.count()) == before


@pytest.mark.django_db
def test_a_dry_run_counts_the_phones_of_those_concerned(folder: Path) -> None:
    next_year = str(timezone.now().year + 1)
    dates = [
        "--term-name",
        "T",
        "--starts-on",
        f"{next_year}-01-01",
        "--ends-on",
        f"{next_year}-12-31",
        "--time-zone",
        "UTC",
    ]
    run(folder / "timetable.csv", *dates, "--wait", "0")
    apply_pending()
    for name, group in (("alice", "102"), ("bob", "101"), ("charlie", "")):
        user = make_user(name)
        follow(user, Course.objects.get(title="Algoritmi"), group)
        make_device(user, name)
    (folder / "timetable.csv").write_bytes(edited("Raf10, Raf11", "Raf13"))
    said = run(folder / "timetable.csv", "--dry-run")
    assert "Would change: 1 courses or terms. Up to 2 phones would ring." in said
    assert "ring" not in run(folder / "timetable.csv", "--dry-run", "--silent")


@pytest.mark.django_db
def test_faults_are_told_by_line_and_column_and_nothing_is_stored(folder: Path) -> None:
    (folder / "timetable.csv").write_bytes(edited("PON", "danas"))
    with pytest.raises(CommandError) as error:
        run(folder / "timetable.csv", *TERM)
    assert str(error.value).startswith(
        "Nothing was imported.\ntimetable, line 2, column Dan: 'danas' is no weekday"
    )
    assert not Delivery.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "term: raf has no term 'autumn' yet: give its name, first and last day and time zone"),
        (["--term-name", "Jesen"], "term, column starts_on: Field required"),
        ([*TERM[:-1], "Belgrade"], "term, column time_zone: is not an IANA time zone"),
        ([*TERM, "--period", "teaching"], "--period: 'teaching' is no period"),
        ([*TERM, "--period", "party,2026-10-01,2026-10-02"], "term, column periods.0.kind: Input should be"),
    ],
)
def test_a_term_must_be_known_or_told(folder: Path, arguments: list[str], expected: str) -> None:
    with pytest.raises(CommandError, match=expected.replace(".", r"\.")):
        run(folder / "timetable.csv", *arguments)


@pytest.mark.django_db
def test_silent_rings_nobody(folder: Path) -> None:
    run(folder / "timetable.csv", *TERM, "--wait", "0", "--silent")
    assert all(Delivery.objects.values_list("silenced", flat=True))


@pytest.mark.django_db
def test_the_source_of_a_course_service_is_not_overwritten_by_accident(
    folder: Path, settings: Settings
) -> None:
    settings.WEBHOOK_SECRETS = {"course-service": ["whsec_x"]}
    with pytest.raises(CommandError, match="course-service belongs to a course service"):
        run(folder / "timetable.csv", *TERM, source="course-service")
    with pytest.raises(CommandError, match="A source is a slug"):
        run(folder / "timetable.csv", *TERM, source="Раф")
    assert not Delivery.objects.exists()
    run(folder / "timetable.csv", *TERM, "--wait", "0", "--force", source="course-service")
    assert Delivery.objects.count() == 2


@pytest.mark.django_db
def test_a_file_of_100_megabytes_is_refused_without_being_loaded(tmp_path: Path) -> None:
    with (tmp_path / "large.csv").open("wb") as large:
        large.truncate(100 * 1024 * 1024)
    with pytest.raises(CommandError, match="timetable: has 20,971,521 bytes, at most 20,971,520 are read"):
        run(tmp_path / "large.csv", *TERM)
    with pytest.raises(CommandError, match="No such file"):
        run(tmp_path / "none.csv", *TERM)


@pytest.mark.django_db
@pytest.mark.usefixtures("unbraked")
def test_a_large_timetable_goes_in_several_pages(tmp_path: Path) -> None:
    rows = [f'"Predmet {n}","P","","101","PON","09:15-12","Raf20"' for n in range(450)]
    (tmp_path / "timetable.csv").write_bytes(file(rows=rows))
    assert "4 deliveries stored." in run(tmp_path / "timetable.csv", *TERM, "--wait", "0")
    apply_pending()
    assert Course.objects.visible().count() == 450
    (tmp_path / "timetable.csv").write_bytes(file(rows=rows[:300]))
    run(tmp_path / "timetable.csv", "--wait", "0")
    apply_pending()
    assert Course.objects.visible().count() == 300
