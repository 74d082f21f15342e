"""What the environment may say of FCM, and what is refused by name."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.config.test_mail_environment import read


def test_ten_thousand_a_second_are_the_most_unless_it_is_set() -> None:
    assert read().fcm_max_per_second == 10_000
    assert read(FCM_MAX_PER_SECOND="1").fcm_max_per_second == 1


@pytest.mark.parametrize("value", ["0", "-1", "1000001", "1.5", "many", "²"])
def test_what_cannot_be_meant_is_refused_by_name(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="FCM_MAX_PER_SECOND"):
        read(FCM_MAX_PER_SECOND=value)
