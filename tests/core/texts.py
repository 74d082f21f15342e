"""What code would say, for tests of what becomes of it in other languages."""

from babel.messages.catalog import Catalog

SAID = Catalog()
SAID.add("The lighthouse is lit")
SAID.add("The lighthouse is dark")
SAID.add("Zob", context="month")
SAID.add(("%(n)s gull", "%(n)s gulls"))
