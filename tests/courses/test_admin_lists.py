import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.courses.enrolments import enrol
from apps.courses.models import Entry
from apps.users.models import User
from tests.courses.admin_pages import save, signed_in
from tests.factories.documents import course, delete_course, entry, exam, put_course, put_term

pytestmark = pytest.mark.django_db

LISTS = ("term", "course", "entry", "exam", "enrolment")


@pytest.fixture
def alice() -> User:
    return User.objects.create_superuser("alice@example.org")


@pytest.fixture
def staff(alice: User) -> Client:
    return signed_in(alice)


def put(number: int) -> None:
    put_course(number, id=f"c{number}", code=f"C{number}", exams=[exam()])


def listed(staff: Client, model: str, query: str) -> list[str]:
    answer = staff.get(f"/admin/courses/{model}/?{query}")
    assert answer.status_code == 200
    return [str(row) for row in answer.context["cl"].result_list]


@pytest.mark.parametrize("model", LISTS)
def test_a_list_costs_the_same_queries_however_long(staff: Client, alice: User, model: str) -> None:
    put_term()
    counts = []
    for numbers in (range(2), range(2, 20)):
        for number in numbers:
            put(number)
            enrol(user_id=alice.pk, course_id=Entry.objects.filter(course__code=f"C{number}").get().course_id)
        with CaptureQueriesContext(connection) as queries:
            staff.get(f"/admin/courses/{model}/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 17


def test_courses_are_found_whatever_the_accents_case_and_script(staff: Client) -> None:
    put_course(1, title="Четници и Čaršija")
    put_course(1, id="other", code="OTH", title="Databases")
    for words in ("cetnici", "ČETNICI", "четници carsija", "alg"):
        assert listed(staff, "course", f"q={words}") == ["ALG Четници и Čaršija"]


def test_an_entry_is_found_by_its_own_room_not_by_that_of_another(staff: Client) -> None:
    put_course(1, entries=[entry(), entry(id="lab", kind="lab", rooms=["Šuma 3"])])
    assert listed(staff, "entry", "q=suma+algorithms") == ["lab (lab)"]


def test_lists_are_filtered_by_staff_edits_and_by_what_is_served(staff: Client) -> None:
    put_course(1, entries=[entry(), entry(id="lab", kind="lab")])
    put_course(1, id="gone", code="GONE", entries=[])
    delete_course(2, "gone")
    save(staff, Entry.objects.get(external_id="lab"), rooms="Raf04")
    assert listed(staff, "entry", "overridden=1") == ["lab (lab)"]
    assert listed(staff, "entry", "overridden=0") == ["lecture (lecture)"]
    assert listed(staff, "course", "visible__exact=0") == ["GONE Algorithms"]


def test_a_course_as_the_source_wrote_it_is_text_on_the_page(staff: Client) -> None:
    put_course(1, **course(title="<script>alert(1)</script>"))
    page = staff.get("/admin/courses/course/").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
