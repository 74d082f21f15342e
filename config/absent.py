"""What is installed for others, kept from libraries that import whatever they find and do without it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def absent(*modules: str) -> Iterator[None]:
    """Within the block they cannot be imported, unless they have been already."""
    hidden = [module for module in modules if module not in sys.modules]
    # What import takes for "there is no such module", see its reference.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for module in hidden:
            del sys.modules[module]
