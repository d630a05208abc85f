"""What a channel's URL stands for: a message that Apprise hands to the service behind it, as plain text."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyFormat, NotifyType, OverflowMode, PersistentStoreMode

from services.alerting.notifier.sending import AddressError, DeliveryError, Severity, Text
from shared.settings import Secret

SPLIT_CHARACTERS_MIN = 1_000
"""A service whose messages hold less, as SMS do, gets the beginning: forty of them would be forty bills."""

_ASSET = AppriseAsset(
    app_id="Vitalwire",
    app_desc="Vitalwire alerts",
    app_url="",
    # One URL at a time, in our thread, which has a limit of its own: with either of these Apprise sends in one pool of
    # a few threads for all, which services that hang fill up, and which is waited for at the end of the process.
    async_mode=False,
    service_timeout=0,
    # Names are what they are: no \n becomes a line, no :smile: a picture, whatever the URL says.
    interpret_escapes=False,
    interpret_emojis=False,
    secure_logging=True,
    # Nothing is written to disk, and no keys are made.
    storage_mode=PersistentStoreMode.MEMORY,
    pgp_autogen=False,
    pem_autogen=False,
    # Else services fetch icons from a server of Apprise's, and tell it who they are.
    image_url_mask="",
    image_url_logo="",
)
_TYPES: dict[Severity, NotifyType] = {
    "ok": NotifyType.SUCCESS,
    "warning": NotifyType.WARNING,
    "critical": NotifyType.FAILURE,
}
_STATUS = re.compile(r"\berror=(\d{3})\b")


class _Answers(logging.Handler):
    """Reads from what Apprise logs the status that a service answered with, and lets nothing else out of it.

    Its lines hold hosts, and its debug lines whole URLs with their tokens.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        # A record is handled in the thread that writes it.
        self._seen = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the status of a line that has one."""
        text = record.getMessage()
        found = _STATUS.search(text)
        if found:
            self._seen.why = f"the service answered with status {found[1]}"
        elif "onnection error" in text:
            self._seen.why = "no answer from the service"

    def ask(self, send: Callable[[], object]) -> str | None:
        """Return None when sending succeeds, else why it does not."""
        self._seen.why = "the service did not take it"
        return None if send() else self._seen.why


_answers = _Answers()


def silence_apprise() -> None:
    """Let no line of Apprise's reach any log."""
    logger = logging.getLogger("apprise")
    logger.handlers[:] = [_answers]
    logger.setLevel(logging.WARNING)
    logger.propagate = False


def overflow_of(said: OverflowMode, characters_max: int) -> OverflowMode:
    """Return what becomes of a message that is longer than a service takes; `upstream` would have it refused."""
    if said != OverflowMode.UPSTREAM:
        return said
    return OverflowMode.TRUNCATE if characters_max < SPLIT_CHARACTERS_MIN else OverflowMode.SPLIT


def sender_of(url: Secret) -> Callable[[Text], None]:
    """Return what sends a text to a URL, blocking, and raises DeliveryError; raise AddressError where it is no URL."""
    silence_apprise()
    service = Apprise.instantiate(url.reveal(), asset=_ASSET)
    if not isinstance(service, NotifyBase):
        raise AddressError("its service is unknown, or a part of it is missing; see docs/alerting.md for examples")
    service.overflow_mode = overflow_of(service.overflow_mode, service.body_maxlen)
    # The queue tries again, and a failure is one: what a URL says of either would hide it, or hold the thread.
    service.retry, service.wait, service.optional = 0, 0.0, False
    apprise = Apprise(asset=_ASSET)
    apprise.add(service)

    def send(text: Text) -> None:
        why = _answers.ask(
            lambda: apprise.notify(
                body=text.body, title=text.title, notify_type=_TYPES[text.severity], body_format=NotifyFormat.TEXT
            )
        )
        if why is not None:
            raise DeliveryError(why)

    return send
