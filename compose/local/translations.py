"""The texts in other languages, config/locale/*/LC_MESSAGES/django.po: brought up to date with the code, and compiled.

python -m compose.local.translations          adds what the code says now to each, drops what it no longer says, and compiles it
python -m compose.local.translations --check  changes nothing, and names what would be changed

What is written depends on the texts alone, neither on the day nor on a version.
"""

import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from compose.local.console import say
from compose.local.environment import ROOT

LOCALE = ROOT / "config" / "locale"
KEYWORDS: Mapping[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


class _Texts(Catalog):
    """A catalogue whose header says what gettext needs to know, and nothing that changes by itself."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", str(self.locale_identifier)),
            ("Plural-Forms", self.plural_forms),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ]


def _of_template(
    file: BinaryIO, keywords: Mapping[str, Any], comment_tags: Sequence[str], options: Mapping[str, Any]
) -> Iterator[Any]:
    """An extractor for babel: Django makes calls of gettext of its tags, on lines that are only indented as in a page."""
    calls = templatize(file.read().decode()).replace("\n", " ")
    return extract_python(io.BytesIO(calls.encode()), keywords, comment_tags, dict(options))  # type: ignore[arg-type]  # any binary file will do


def said() -> Catalog:
    """What the code says, in English."""
    found = Catalog()
    methods: list[Any] = [("**.py", "python"), ("**/templates/**.html", _of_template)]
    for _, _, text, comments, context in extract_from_dir(
        ROOT / "apps", method_map=methods, keywords=KEYWORDS, comment_tags=["Translators:"]
    ):
        found.add(text, None, auto_comments=comments, context=context)
    return found


def updated(path: Path, template: Catalog) -> Catalog:
    """The texts of the template with the translations of the file. What only resembles a translation is none: nothing is guessed."""
    locale = path.parts[-3]
    with path.open("rb") as file:
        before = read_po(file, locale=locale)
    texts = _Texts(locale=locale, header_comment=before.header_comment, fuzzy=False)
    for each in template:
        if each.id:
            known = before.get(each.id, each.context)
            translation = known.string if known and known.pluralizable == each.pluralizable else None
            texts.add(each.id, translation, auto_comments=each.auto_comments, context=each.context)
    return texts


def readable(texts: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_po(buffer, texts, width=110, sort_output=True)
    return buffer.getvalue()


def compiled(texts: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_mo(buffer, texts)
    return buffer.getvalue()


def main(arguments: list[str]) -> int:
    template = said()
    stale = []
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        texts = updated(path, template)
        for file, content in ((path, readable(texts)), (path.with_suffix(".mo"), compiled(texts))):
            if file.exists() and file.read_bytes() == content:
                continue
            stale.append(str(file.relative_to(ROOT)))
            if "--check" not in arguments:
                file.write_bytes(content)
    if stale and "--check" in arguments:
        say("Stale, mended by `make messages`: " + ", ".join(stale))
        return 1
    say(f"Written: {', '.join(stale)}" if stale else "Every language is up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
