"""Staff invite people by a table: every fault by its line, a look before it happens, and a letter with a key for each."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from apps.core.tables.faults import Refused
from apps.mail.models import Letter
from apps.users.invitation_keys import opens_invitation
from apps.users.invitations import prepare
from apps.users.models import Invitation, User
from tests.users.conftest import PASSWORD

URL = "/admin/invite/"
TWO = "email;first_name;last_name;language\nana@example.org;Ana;Anić;sr\nBoris@Example.org;Boris;;\n"

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(db: None) -> User:
    """Staff who may add users, and no more."""
    clerk = User.objects.create_user("clerk@example.org", PASSWORD, is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="add_invitation"))
    return clerk


@pytest.fixture
def desk(clerk: User) -> Client:
    client = Client()
    client.force_login(clerk)
    return client


def upload(desk: Client, table: str | bytes, language: str = "en") -> Any:
    raw = table if isinstance(table, bytes) else table.encode()
    return desk.post(URL, {"people": SimpleUploadedFile("people.csv", raw), "language": language})


def confirm(desk: Client, preview: Any) -> Any:
    return desk.post(URL, {"looked": preview.context["looked"]})


def faults(table: str | bytes) -> list[tuple[int, str, str]]:
    raw = table if isinstance(table, bytes) else table.encode()
    with pytest.raises(Refused) as refused:
        prepare(raw, language="en")
    return [(fault.line, fault.column, fault.detail) for fault in refused.value.faults]


def invited() -> list[str]:
    return list(User.objects.exclude(email="clerk@example.org").values_list("email", flat=True))


def test_first_they_are_shown_and_nothing_happens(desk: Client) -> None:
    page = upload(desk, TWO)

    assert page.status_code == 200
    assert "2 people would be invited" in " ".join(page.content.decode().split())
    assert page.context["table"]["rows"] == [
        ["ana@example.org", "Ana Anić", "sr", "new"],
        ["boris@example.org", "Boris", "en", "new"],
    ]
    assert invited() == []


def test_once_confirmed_each_has_an_account_without_a_password_and_a_letter(
    desk: Client, clerk: User
) -> None:
    answer = confirm(desk, upload(desk, TWO))

    invitation = Invitation.objects.get()
    assert answer["Location"] == f"{URL}{invitation.pk}/"
    assert (invitation.people, invitation.invited_by) == (2, clerk)
    ana, boris = User.objects.order_by("email")[:2]
    assert (ana.email, ana.first_name, ana.last_name, ana.language) == (
        "ana@example.org",
        "Ana",
        "Anić",
        "sr",
    )
    assert (boris.email, boris.language, boris.is_staff) == ("boris@example.org", "en", False)
    assert not ana.has_usable_password()
    letters = {letter.address: letter for letter in Letter.objects.all()}
    assert letters["boris@example.org"].subject == "Your account with Campanile"
    assert letters["ana@example.org"].subject == "Vaš nalog u aplikaciji Campanile"
    assert letters["ana@example.org"].user == ana
    assert all(letter.bulk for letter in letters.values())


def key_of(user: User) -> str:
    text = Letter.objects.get(user=user).text
    return text.partition("/account/reset/")[2].partition("/")[0]


def test_a_key_is_its_owners_until_a_password_is_chosen_or_two_weeks_are_over(
    desk: Client, time_machine: Any
) -> None:
    time_machine.move_to(timezone.now(), tick=False)
    confirm(desk, upload(desk, TWO))
    ana, boris = User.objects.order_by("email")[:2]

    assert opens_invitation(key_of(ana), ana)
    assert not opens_invitation(key_of(ana), boris)
    assert not opens_invitation(key_of(ana)[:-1], ana)
    assert not opens_invitation("", ana)
    time_machine.shift(timedelta(days=13, hours=23))
    assert opens_invitation(key_of(ana), ana)
    boris.set_password(PASSWORD)
    boris.save()
    assert not opens_invitation(key_of(boris), boris)
    time_machine.shift(timedelta(hours=2))
    assert not opens_invitation(key_of(ana), ana)


def test_the_same_table_again_invites_only_who_is_new(desk: Client, alice: User) -> None:
    confirm(desk, upload(desk, TWO))
    more = TWO + "ALICE@example.org;Someone;Else;sr\ncveta@example.org;Cveta;;\n"

    page = upload(desk, more)

    assert [row[3] for row in page.context["table"]["rows"]] == ["new", *["has an account"] * 3]
    confirm(desk, page)
    assert Invitation.objects.latest("invited_at").people == 1
    assert Letter.objects.count() == 3
    alice.refresh_from_db()
    assert (alice.first_name, alice.language) == ("Alice", "en")
    assert "Nobody would be invited" in upload(desk, TWO).content.decode()


def test_who_registered_between_looking_and_confirming_is_left_alone(desk: Client) -> None:
    page = upload(desk, TWO)
    ana = User.objects.create_user("ana@example.org", PASSWORD)

    confirm(desk, page)

    assert Invitation.objects.get().people == 1
    assert Letter.objects.get().address == "boris@example.org"
    ana.refresh_from_db()
    assert ana.check_password(PASSWORD)


def test_confirming_twice_invites_once(desk: Client) -> None:
    page = upload(desk, TWO)

    confirm(desk, page)
    confirm(desk, page)

    assert Invitation.objects.count() == 1
    assert Letter.objects.count() == 2


def test_every_fault_is_told_by_its_line_and_nobody_is_invited(desk: Client) -> None:
    table = (
        "email,ime,prezime,jezik\n"
        "ana@example.org,Ana,Anić,sr\n"
        "not an address,Boris,,\n"
        ",Cveta,,\n"
        "ANA@example.org,Ana,Again,sr\n"
        f"dara@example.org,{'x' * 151},,de\n"
        "\n"
        '"eva@example.org","E\x07va",,\n'
        "=A1,Formula,,\n"
    )

    assert faults(table) == [
        (3, "email", "is no address: not an address"),
        (4, "email", "has no address"),
        (5, "email", "is in line 2 already: ana@example.org"),
        (6, "ime", "has 151 characters, at most 150 are taken"),
        (6, "jezik", "is none we speak: de; known: en, sr"),
        (8, "ime", "holds a control character"),
        (9, "email", "is a formula: paste its value"),
    ]
    page = upload(desk, table)
    assert "Nobody was invited: 7 things are wrong." in " ".join(page.content.decode().split())
    assert invited() == []


@pytest.mark.parametrize(
    ("raw", "line", "beginning"),
    [
        (b"", 0, "has no rows"),
        (b"email\n", 0, "has no rows"),
        (b"name,surname\nAna,A\n", 1, "has no column email"),
        ("email\nana@example.org\nživa@example.org".encode("cp1250"), 3, "is not UTF-8"),
        ("email\nana@example.org".encode("utf-16"), 0, "is UTF-16 text"),
        (b"PK\x03\x04 and so on", 0, "is an Excel workbook"),
        (b"email\nana@\0example.org", 2, "holds a NUL"),
        (b'email\n"ana@example.org', 2, "cannot be taken apart"),
        (b"email,e-mail\na@example.org,b@example.org", 1, "says the same as column"),
        (b"email,last_nmae\na@example.org,A", 1, "is not known; did you mean"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(raw: bytes, line: int, beginning: str, desk: Client) -> None:
    assert any(at == line and detail.startswith(beginning) for at, _, detail in faults(raw))
    assert upload(desk, raw).status_code == 200
    assert invited() == []


@pytest.mark.parametrize(
    "raw",
    [
        TWO,
        "\ufeff" + TWO,
        TWO.replace(";", "\t"),
        TWO.replace(";", ","),
        TWO.replace("\n", "\r\n"),
        "sep=;\n" + TWO,
    ],
)
def test_tables_of_every_spreadsheet_are_read(raw: str) -> None:
    prepared = prepare(raw.encode(), language="en")

    assert [person.email for person in prepared.new] == ["ana@example.org", "boris@example.org"]


def test_five_thousand_are_invited_by_as_many_statements_as_fifty(
    desk: Client, django_assert_max_num_queries: Any
) -> None:
    table = "email,first_name\n" + "".join(f"student{n}@example.org,Student {n}\n" for n in range(5_000))
    page = upload(desk, table)
    assert page.context["more"] == 4_500

    with django_assert_max_num_queries(40):
        confirm(desk, page)

    assert Letter.objects.count() == 5_000
    assert len(invited()) == 5_000


def test_progress_is_watched_until_the_last_letter(desk: Client) -> None:
    confirm(desk, upload(desk, TWO + "c@example.org;;;\n"))
    path = f"{URL}{Invitation.objects.get().pk}/"
    page = desk.get(path)
    assert (page["Refresh"], page.context["waiting"], page.context["done"]) == ("3", 3, 0)

    Letter.objects.filter(address__startswith="c@").update(status="dead", error="550 no such user")
    Letter.objects.filter(address__startswith="ana").update(status="sent")
    page = desk.get(path)
    assert (page.context["sent"], page.context["failed"], page.context["done"]) == (1, 1, 66)
    assert b"550 no such user" in page.content

    Letter.objects.update(status="sent")
    page = desk.get(path)
    assert "Refresh" not in page
    assert page.context["chosen"] == 0
    ana = User.objects.get(email="ana@example.org")
    ana.set_password(PASSWORD)
    ana.save()
    assert desk.get(path).context["chosen"] == 1


def test_only_who_may_invite_gets_to_the_pages(clerk: User, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    invitation = Invitation.objects.create(people=1)
    other = Client()
    other.force_login(alice)
    for path in (URL, f"{URL}{invitation.pk}/"):
        assert other.get(path).status_code == 403
        assert Client().get(path).status_code == 302
    assert upload(other, TWO).status_code == 403
    assert upload(Client(), TWO).status_code == 302


def test_what_was_shown_to_one_is_not_confirmed_by_another_or_too_late(
    desk: Client, time_machine: Any
) -> None:
    time_machine.move_to(timezone.now())
    page = upload(desk, TWO)
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss@example.org", PASSWORD))
    confirm(boss, page)
    desk.post(URL, {"looked": "forged"})
    time_machine.shift(timedelta(hours=2))
    confirm(desk, page)

    assert not Invitation.objects.exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(desk: Client) -> None:
    assert upload(desk, b"email\n" + b"x" * 500_000).context["form"].errors["people"]
    assert upload(desk, b"email\n" + b"x" * 1_100_000).status_code == 413


def test_a_form_of_another_site_invites_nobody(clerk: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(clerk)

    assert upload(strict, TWO).status_code == 403


def test_names_are_shown_as_they_are_and_never_run(desk: Client) -> None:
    page = upload(desk, "email,first_name\nana@example.org,<script>alert(1)</script>\n")

    assert b"<script>alert" not in page.content
    assert b"&lt;script&gt;alert" in page.content
