"""The one error of provision."""


class ProvisionError(Exception):
    """The installation cannot be brought to this version. The text is a sentence that says what to do."""
