"""Wires the command line of dead letters: options, settings, bus, and what is printed."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nats.aio.client import Client
from nats.errors import Error as NatsError

from services.ingest.dead.again import MUTE_SPAN, Allowance, LeftError, Sender
from services.ingest.dead.asked import EndedError, letters_asked_for
from services.ingest.dead.letters import Assembly, DeadLetter, Lately, Overview, Wanted
from services.ingest.dead.raw_kept import UnknownError, raw_kept
from services.ingest.dead.readable import cut, letter_lines, overview_lines
from services.ingest.dead.settled import UnsettledError, settle
from services.ingest.dead.shelf import LOOKUPS_MAX, Shelf
from services.ingest.settings import DeadLetterSettings
from shared.runtime.bus import BusAddress, close, connect
from shared.runtime.command_line import describe_settings, read_settings
from shared.runtime.logs import configure_logs
from shared.runtime.signals import stop_requested
from shared.settings import SettingsError
from shared.subjects import TokenError, host_name

CONNECT_S_MAX = 10.0
LISTED_MAX, SENT_MAX = 50, 1_000
DAYS_MAX = 3_650.0
NEWEST = sys.maxsize
WIDTH_UNKNOWN = (160, 24)
INTERRUPTED = 130


class CommandError(Exception):
    """The command cannot be carried out. The text says what to do."""


def main(arguments: Sequence[str]) -> int:
    """Carry the command out; return 0 done, 1 not or not all of it, 2 wrong options or settings."""
    options, rest = _parser().parse_known_args(arguments)
    # What strangers chose is printable; this terminal may still not know every letter of it.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        settings = read_settings(DeadLetterSettings, "dead_letters", rest)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    configure_logs("dead_letters", "error")
    try:
        return asyncio.run(_run(options, settings))
    except KeyboardInterrupt:
        return INTERRUPTED
    except (CommandError, UnknownError, UnsettledError) as error:
        print(error, file=sys.stderr)
    except (NatsError, OSError) as error:
        print(f"the bus did not do it ({_named(error)}): what was printed is done, the rest is not", file=sys.stderr)
    return 1


async def _run(options: argparse.Namespace, settings: DeadLetterSettings) -> int:
    bus = await _connected(settings)
    try:
        shelf = Shelf(bus.jetstream())
        match options.command:
            case "list":
                return await _list(options, shelf)
            case "show":
                return await _show(options, shelf)
            case _:
                # From here on a signal ends the command between two letters.
                kept = await raw_kept(settings) if options.days_max is None else options.days_max
                return await _retry(options, bus, shelf, kept, stop_requested())
    finally:
        await close(bus)


async def _list(options: argparse.Namespace, shelf: Shelf) -> int:
    first, last = await shelf.bounds()
    top = min(last, options.before - 1)
    overview = Overview(Wanted(options.host, options.reason), Assembly(options.limit))
    async for part in shelf.newest_first(top):
        overview.add(part)
    of_all = options.before == NEWEST and overview.wanted == Wanted()
    for line in overview_lines(overview, shutil.get_terminal_size(WIDTH_UNKNOWN).columns, of_all=of_all):
        print(line)
    if top - LOOKUPS_MAX >= first:
        print(f"older ones were not looked at: go on with --before {top - LOOKUPS_MAX + 1}")
    return 0


async def _show(options: argparse.Namespace, shelf: Shelf) -> int:
    letter = await _letter(options.sequence, shelf)
    if options.raw is None:
        print("\n".join(letter_lines(letter)))
        return 0
    if letter.missing:
        raise CommandError(f"{letter.missing}: nothing is written")
    try:
        with options.raw.open("xb") as file:
            file.write(letter.body)
    except OSError as error:
        raise CommandError(f"{options.raw} cannot be written ({error.strerror}): name a new file") from error
    print(f"{len(letter.body)} bytes written to {options.raw}")
    return 0


async def _retry(
    options: argparse.Namespace, bus: Client, shelf: Shelf, kept: timedelta | None, stop: asyncio.Event
) -> int:
    _, last = await shelf.bounds()
    if not options.dry_run:
        await settle(bus.jetstream(), stop)
    lately = Lately(datetime.now(UTC), MUTE_SPAN)
    async for part in shelf.newest_first(NEWEST):
        if not lately.add(part):
            break
    sender = Sender(bus, shelf, Allowance(lately.hosts), lambda: datetime.now(UTC), kept, options.dry_run)
    if options.sequence is None:
        asked = letters_asked_for(shelf, Wanted(options.host), range(options.start, last + 1), stop)
    else:
        asked = _one(await _letter(options.sequence, shelf))
    sent_count, left_count = 0, 0
    try:
        async for letter in asked:
            if sent_count >= options.limit:
                raise EndedError(f"ended after {sent_count}, the limit: run it again for the rest")
            try:
                print(f"{letter.sequence}: {await sender.send(letter)}", flush=True)
                sent_count += 1
            except LeftError as error:
                print(f"{letter.sequence}: left in DEAD: {cut(str(error), 600)}", flush=True)
                left_count += 1
    except EndedError as error:
        print(error)
        left_count += 1
    print(f"{sent_count} {'would be ' if options.dry_run else ''}published again; one that is refused again comes back")
    return 1 if left_count else 0


async def _one(letter: DeadLetter) -> AsyncIterator[DeadLetter]:
    yield letter


async def _letter(sequence: int, shelf: Shelf) -> DeadLetter:
    letter = await shelf.letter(sequence)
    if letter is None:
        raise CommandError(
            f"there is no dead letter {sequence}: it was published again, is gone, or never was; "
            "`make dead` lists those there are"
        )
    return letter


async def _connected(settings: DeadLetterSettings) -> Client:
    address = BusAddress(settings.nats_urls, settings.nats_user, settings.nats_password, "dead letters")
    try:
        return await asyncio.wait_for(connect(address, on_closed=lambda: None), CONNECT_S_MAX)
    except (NatsError, OSError, TimeoutError) as error:
        raise CommandError(
            f"the bus at {address.shown} does not let us in ({_named(error)}): "
            "check that it runs, and nats_urls, nats_user and nats_password"
        ) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services.ingest dead",
        description="Lists, shows and publishes again what ingest has set aside in the stream DEAD.",
        epilog=describe_settings(DeadLetterSettings, "dead_letters"),
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="the newest, and how many there are by reason", allow_abbrev=False)
    listing.add_argument("--limit", type=_number, default=LISTED_MAX, help=f"how many to list (default {LISTED_MAX})")
    listing.add_argument(
        "--before", type=_number, default=NEWEST, metavar="SEQUENCE", help="only those before this one"
    )
    listing.add_argument("--host", type=_host, help="only those of one host")
    listing.add_argument("--reason", help="only those whose reason holds this text")
    show = commands.add_parser("show", help="one of them: its headers, and its body as JSON", allow_abbrev=False)
    show.add_argument("sequence", type=_number, help="as `list` tells it")
    show.add_argument("--raw", type=Path, metavar="FILE", help="write the bytes of its body to a new file instead")
    retry = commands.add_parser("retry", help="publish again, and delete from DEAD", allow_abbrev=False)
    which = retry.add_mutually_exclusive_group(required=True)
    which.add_argument("sequence", type=_number, nargs="?", help="as `list` tells it")
    which.add_argument("--all", action="store_true", help="all that are there now, oldest first")
    which.add_argument("--host", type=_host, help="all of one host")
    retry.add_argument("--limit", type=_number, default=SENT_MAX, help=f"at most so many (default {SENT_MAX})")
    retry.add_argument(
        "--days-max", type=_days, metavar="DAYS",
        help="how long raw rows are kept: older ones would be dropped and are left (by default the database tells)",
    )  # fmt: skip
    retry.add_argument(
        "--from",
        type=_number,
        default=1,
        dest="start",
        metavar="SEQUENCE",
        help="of --all or --host, only from this on",
    )
    retry.add_argument("--dry-run", action="store_true", help="only say what would be done")
    return parser


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _days(text: str) -> timedelta:
    days = float(text)
    if not 0 < days <= DAYS_MAX:
        raise ValueError(text)
    return timedelta(days=days)


def _host(text: str) -> str:
    try:
        return host_name(text)
    except TokenError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
