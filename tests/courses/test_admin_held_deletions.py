"""The page on which staff say whether a snapshot may hide much of a term."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from apps.courses.models import Course, HeldDeletions
from apps.users.models import User
from tests.courses.admin_pages import signed_in, url_of
from tests.factories.courses import follow, make_user
from tests.factories.documents import course, put_course, put_snapshot, put_term, stored

pytestmark = pytest.mark.django_db
LIST = "/admin/courses/helddeletions/"


@pytest.fixture
def staff() -> Client:
    return signed_in(User.objects.create_superuser("staff@example.org"))


@pytest.fixture
def held() -> HeldDeletions:
    """Three of ten courses; alice follows one of them."""
    put_term()
    for number in range(10):
        put_course(1, id=f"c{number}", code=f"C{number}", title=f"Course {number}")
    follow(make_user("alice"), stored("c9"))
    put_snapshot(
        5, *(course(f"c{number}", code=f"C{number}", title=f"Course {number}") for number in range(7))
    )
    return HeldDeletions.objects.get()


def test_the_page_says_what_it_would_do_and_lists_the_courses(staff: Client, held: HeldDeletions) -> None:
    answer = staff.get(url_of(held))
    page = answer.content.decode()
    assert "This would hide 3 of 10 courses of Autumn 2026." in page
    assert "Followed by 1; they are told of it." in page
    assert "When it came" not in page
    rows = [(row[0], row[3]) for row in answer.context["told"]["rows"]]
    assert rows == [("C7", "0"), ("C8", "0"), ("C9", "1")]
    assert f'href="/admin/courses/course/{stored("c9").pk}/change/"' in page


def test_it_says_what_it_would_do_by_now(staff: Client, held: HeldDeletions) -> None:
    put_course(6, id="c9", code="C9", title="Course 9")
    page = staff.get(url_of(held)).content.decode()
    assert "This would hide 2 of 10 courses of Autumn 2026." in page
    assert "When it came, these were 3 of 10 courses of Autumn 2026." in page


@pytest.mark.parametrize(
    ("verdict", "state", "left", "said"),
    [("approve", "approved", 7, "Courses hidden: 3."), ("reject", "rejected", 10, "Every course stays.")],
)
def test_a_button_decides(
    staff: Client, held: HeldDeletions, verdict: str, state: str, left: int, said: str
) -> None:
    assert f'value="{verdict}"' in staff.get(url_of(held)).content.decode()
    page = staff.post(url_of(held), {"verdict": verdict}, follow=True).content.decode()
    assert said in page
    assert 'value="approve"' not in page
    assert Course.objects.visible().count() == left
    decided = HeldDeletions.objects.get()
    assert (decided.state, str(decided.decided_by)) == (state, "staff@example.org")


def test_afterwards_it_shows_what_was_changed(staff: Client, held: HeldDeletions) -> None:
    staff.post(url_of(held), {"verdict": "approve"})
    answer = staff.get(url_of(held))
    assert "3 of 10 courses of Autumn 2026: approved." in answer.content.decode()
    rows = answer.context["ledger"]()["rows"]
    assert [(row[2], row[4]) for row in rows] == [("staff@example.org", "removed")] * 3


def test_one_made_moot_offers_nothing(staff: Client, held: HeldDeletions) -> None:
    put_snapshot(7, *(course(f"c{number}") for number in range(9)), id="newer")
    page = staff.get(url_of(held)).content.decode()
    assert "A newer snapshot of the term is complete" in page
    assert 'value="approve"' not in page
    assert (
        "This had already been decided."
        in staff.post(url_of(held), {"verdict": "approve"}, follow=True).content.decode()
    )
    assert Course.objects.visible().count() == 9


def test_looking_does_not_entitle_to_deciding(held: HeldDeletions) -> None:
    carol = User.objects.create_user("carol@example.org", is_staff=True)
    client = signed_in(carol)
    assert client.post(url_of(held), {"verdict": "approve"}).status_code == 403
    carol.user_permissions.add(Permission.objects.get(codename="view_helddeletions"))
    assert 'value="approve"' not in client.get(url_of(held)).content.decode()
    assert client.post(url_of(held), {"verdict": "approve"}).status_code == 403
    assert Course.objects.visible().count() == 10


def test_the_list_says_each_in_a_line_and_the_sidebar_counts(staff: Client, held: HeldDeletions) -> None:
    def badge() -> bool:
        page = staff.get(LIST).content.decode()
        assert "This would hide 3 of 10 courses of Autumn 2026" in page
        return "bg-orange-500" in page.partition("<span>Deletions</span>")[2][:1200]

    assert badge()
    staff.post(url_of(held), {"verdict": "reject"})
    assert not badge()
