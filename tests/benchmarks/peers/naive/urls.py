from django.urls import include, path
from django.views.decorators.cache import cache_page
from rest_framework.routers import DefaultRouter

from tests.benchmarks.peers.naive.views import CourseViewSet, MySchedule, Receiver

router = DefaultRouter()
router.register("courses", CourseViewSet)

urlpatterns = [
    path("api/v1/", include(router.urls)),
    path("cached/courses/", cache_page(3600)(CourseViewSet.as_view({"get": "list"}))),
    path("webhooks/<str:source>/", Receiver.as_view()),
    path("api/v1/me/schedule/", MySchedule.as_view()),
]
