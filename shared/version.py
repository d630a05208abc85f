"""The version of the product, as pyproject.toml states it."""

PRODUCT_VERSION = "0.1.0"


def is_later(version: str) -> bool:
    """Return whether a version is later than this one."""
    return _numbers(version) > _numbers(PRODUCT_VERSION)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
