"""The people of the demo faculty: a student and a member of staff to sign in as, and forty who sit beside them."""

from apps.courses.enrolments import enrol
from apps.courses.models import Course
from apps.demo.students import Student, load_students
from apps.notifications.devices import register_device
from apps.users.models import User
from apps.users.roles import Role, having, set_role

STUDENT = "student@campanile.test"
STAFF = "staff@campanile.test"
PASSWORD = "campanile-demo"  # noqa: S105  # printed on the screen: it opens nothing but a demo


def phone_address(email: str, platform: str) -> str:
    return f"demo-phone-{email.partition('@')[0]}-{platform}"


def people_exist() -> bool:
    return User.objects.filter(email=STUDENT).exists()


def create_people(*, source: str) -> int:
    """How many people there are. The caller opens the transaction; whoever is here already stays as he is."""
    students = load_students()
    courses = {course.external_id: course for course in Course.objects.visible().filter(source=source)}
    people = [_create_student(student, courses).pk for student in students]
    students_yet = User.objects.filter(having(Role.STUDENT), pk__in=people)
    set_role(users=list(students_yet.values_list("pk", flat=True)), role=Role.STUDENT)
    if not User.objects.filter(email=STAFF).exists():
        staff = User.objects.create_superuser(STAFF, PASSWORD, first_name="Milica", last_name="Vuković")
        set_role(users=[staff.pk], role=Role.ADMINISTRATOR)
    return len(students) + 1


def _create_student(student: Student, courses: dict[str, Course]) -> User:
    user = User.objects.filter(email=student.email).first() or User.objects.create_user(
        student.email,
        # The others have no password: nobody signs in as them, and hashing forty takes a while.
        PASSWORD if student.email == STUDENT else None,
        first_name=student.first_name,
        last_name=student.last_name,
        language=student.language,
    )
    for external_id in student.courses:
        enrol(user_id=user.pk, course_id=courses[external_id].pk, group=student.group)
    for platform in student.phones:
        register_device(
            user=user,
            session=None,
            kind="token",
            address=phone_address(student.email, platform),
            platform=platform,
        )
    return user
