"""What DRF itself says is wrong with a request. It has no Serbian, so its sentences are translated with ours, which are looked up first."""

from django.utils.translation import gettext_noop as _

SENTENCES = [
    _("Not a valid string."),
    _("This field may not be blank."),
    _("This field may not be null."),
    _("Ensure this field has at least {min_length} characters."),
    _("Ensure this field has no more than {max_length} characters."),
    _("Surrogate characters are not allowed: U+{code_point:X}."),
    _('"{input}" is not a valid choice.'),
    _("Invalid data. Expected a dictionary, but got {datatype}."),
    _("Request was throttled."),
    _("Expected available in {wait} second."),
    _("Expected available in {wait} seconds."),
]
