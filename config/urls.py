"""The whole URL map, on one screen. The contract for the app is /api/docs/, for the course service docs/webhooks.md."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from apps.core import health
from apps.courses.views import (
    calendars,
    catalogue,
    enrolments,
    exams,
    hidden_entries,
    profile,
    rooms,
    sync,
    timetable,
    upcoming,
)
from apps.notifications.views import devices, notifications, preferences, unsubscribing
from apps.users.views import (
    deletion,
    deletion_page,
    export,
    invitations,
    pages,
    passwords,
    registration,
    sessions,
    social,
    tokens,
)
from apps.webhooks import views as webhooks
from apps.webhooks.admin.imports import import_timetable
from apps.webhooks.root import Root

# Django tries these in turn, which was a sixteenth of making the answer about a course: what is asked most comes first.
api = [
    path("terms/", catalogue.TermList.as_view()),
    path("terms/<uuid:id>/", catalogue.TermDetail.as_view()),
    path("courses/", catalogue.CourseList.as_view()),
    path("courses/<uuid:id>/", catalogue.CourseDetail.as_view()),
    path("courses/<uuid:id>/calendar.ics", calendars.CourseCalendar.as_view()),
    path("groups/<uuid:term>/<path:group>/calendar.ics", calendars.GroupCalendar.as_view()),
    path("courses/<uuid:id>/changes/", catalogue.CourseChanges.as_view()),
    path("schedule/", timetable.Schedule.as_view()),
    path("exams/", exams.ExamList.as_view()),
    path("rooms/", rooms.RoomList.as_view()),
    path("rooms/free/", rooms.FreeRooms.as_view()),
    path("sync/", sync.Sync.as_view()),
    path("me/", profile.Profile.as_view()),
    path("me/deletion/", deletion.MyDeletion.as_view()),
    path("me/export/", export.MyExport.as_view()),
    path("me/enrolments/", enrolments.MyEnrolments.as_view()),
    path("me/enrolments/<uuid:id>/", enrolments.MyEnrolment.as_view()),
    path("me/hidden-entries/", hidden_entries.MyHiddenEntries.as_view()),
    path("me/hidden-entries/<uuid:entry>/", hidden_entries.MyHiddenEntry.as_view()),
    path("me/schedule/", timetable.MySchedule.as_view()),
    path("me/calendar-feed/", calendars.MyCalendarFeed.as_view()),
    path("me/exams/", exams.MyExams.as_view()),
    path("me/next/", upcoming.MyNext.as_view()),
    path("me/devices/", devices.MyDevices.as_view()),
    path("me/devices/<uuid:id>/", devices.MyDevice.as_view()),
    path("me/devices/<uuid:id>/test/", devices.TestMyDevice.as_view()),
    path("me/notifications/", notifications.MyNotifications.as_view()),
    path("me/notifications/summary/", notifications.NotificationSummary.as_view()),
    path("me/notifications/read-all/", notifications.ReadAllNotifications.as_view()),
    path("me/notifications/<uuid:id>/read/", notifications.ReadNotification.as_view()),
    path("me/notification-preferences/", preferences.MyNotificationPreferences.as_view()),
    path("auth/token/", tokens.SignIn.as_view()),
    path("auth/token/refresh/", tokens.Refresh.as_view()),
    path("auth/token/revoke/", tokens.Revoke.as_view()),
    path("auth/register/", registration.Register.as_view()),
    path("auth/email/confirm/", registration.ConfirmEmail.as_view()),
    path("auth/email/resend/", registration.ResendConfirmation.as_view()),
    path("auth/password/change/", passwords.ChangePassword.as_view()),
    path("auth/password/reset/", passwords.AskForReset.as_view()),
    path("auth/password/reset/confirm/", passwords.ResetPassword.as_view()),
    path("auth/sessions/", sessions.Sessions.as_view()),
    path("auth/sessions/<uuid:id>/", sessions.OneSession.as_view()),
    path("auth/social/<slug:provider>/", social.SocialSignIn.as_view()),
]

urlpatterns = [
    path("api/v1/", include(api)),
    path("webhooks/<str:source>/", webhooks.receive),
    # Django would redirect to the one above, and many senders turn a redirected POST into a GET.
    path("webhooks/<str:source>", webhooks.receive),
    path("webhooks/<str:source>/deliveries/<uuid:delivery>/", webhooks.delivery_status),
    path("", Root.as_view()),
    path("health/", health.alive),
    path("health/ready/", health.ready),
    path("calendar/<str:secret>.ics", calendars.PersonalCalendar.as_view(), name="personal-calendar"),
    path("account/deletion/", deletion_page.ask, name="delete-account"),
    path("account/deletion/<str:key>/", deletion_page.confirm, name="delete-account-confirm"),
    path("unsubscribe/<str:token>/", unsubscribing.StopLetters.as_view()),
    path("account/confirm/<str:key>/", pages.ConfirmPage.as_view()),
    path("account/reset/<str:key>/", pages.ResetPage.as_view()),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("admin/import/", admin.site.admin_view(import_timetable), name="import-timetable"),
    path("admin/invite/", admin.site.admin_view(invitations.invite_people), name="invite-people"),
    path("admin/invite/<uuid:id>/", admin.site.admin_view(invitations.invitation), name="invitation"),
    path("admin/", admin.site.urls),
]

handler400 = "apps.core.error_pages.bad_request"
handler403 = "apps.core.error_pages.permission_denied"
handler404 = "apps.core.error_pages.not_found"
handler500 = "apps.core.error_pages.server_error"
