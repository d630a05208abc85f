"""Values of a bucket: read one by one, and written only behind the one that the writer knows."""

from __future__ import annotations

import pytest

from services.api.buckets import READ_AT_ONCE, Bucket, Kept, RevisionError, fence_of
from services.api.errors import BusAwayError
from tests.unit.api.fake_bus import FakeBus

A = "$KV.alert_rules.a"


@pytest.fixture
def bus() -> FakeBus:
    return FakeBus()


@pytest.fixture
def bucket(bus: FakeBus) -> Bucket:
    return Bucket(bus, "alert_rules")


async def test_a_value_comes_back_with_its_revision_until_it_is_deleted(bus: FakeBus, bucket: Bucket) -> None:
    assert (await bucket.read("a"), await bucket.keys()) == (None, [])
    bus.store("$KV.silences.x", b"another's")
    revision = await bucket.put("a", b"one")
    assert (await bucket.read("a"), revision) == (Kept(2, b"one"), 2)
    await bucket.delete("a")
    assert await bucket.read("a") == Kept(3, None)
    assert b"KV-Operation: DEL" in bus.kept[A][1]
    assert b"Nats-TTL: 86400" in bus.kept[A][1]
    assert await bucket.keys() == ["a"]
    assert [key async for key, _ in bucket.values(["a"])] == []


async def test_many_values_come_in_the_order_of_their_keys(bus: FakeBus, bucket: Bucket) -> None:
    count = 2 * READ_AT_ONCE + 1
    for number in reversed(range(count)):
        await bucket.put(f"k{number:03}", str(number).encode())
    await bucket.delete("k007")
    there = [(key, kept.body) async for key, kept in bucket.values(await bucket.keys())]
    assert there == [(f"k{number:03}", str(number).encode()) for number in range(count) if number != 7]


@pytest.mark.parametrize(
    ("before", "revision", "fence"),
    [
        pytest.param(None, None, 0, id="nothing there, nothing known: the first"),
        pytest.param(None, 0, 0, id="the first"),
        pytest.param(Kept(9, None), None, 9, id="behind a deletion, nothing known"),
        pytest.param(Kept(9, None), 0, 9, id="behind a deletion"),
        pytest.param(Kept(7, b"x"), 7, 7, id="behind what is known"),
    ],
)
def test_one_writes_behind_what_one_knows(before: Kept | None, revision: int | None, fence: int) -> None:
    assert fence_of(before, revision) == fence


@pytest.mark.parametrize(
    ("before", "revision", "says"),
    [
        pytest.param(Kept(8, b"x"), 7, "expected 8, got 7; somebody has changed it meanwhile", id="changed"),
        pytest.param(Kept(8, b"x"), None, "expected 8, that of what stands there, got none; read it", id="unseen"),
        pytest.param(Kept(8, b"x"), 0, "expected 8, as there is one by this name already", id="made"),
        pytest.param(Kept(9, None), 7, "expected 0, as there is none by this name any more", id="deleted"),
        pytest.param(Kept(9, None), 9, "expected 0, as there is none", id="the deletion's own number"),
        pytest.param(None, 7, "expected 0, as there is none", id="never there"),
    ],
)
def test_one_who_knows_another_revision_is_told_which_stands_there(
    before: Kept | None, revision: int | None, says: str
) -> None:
    with pytest.raises(RevisionError, match=f"^revision: {says}") as refused:
        fence_of(before, revision)
    assert (refused.value.status, refused.value.field) == (409, "revision")


async def test_the_broker_sees_who_was_faster(bus: FakeBus, bucket: Bucket) -> None:
    first = await bucket.put("a", b"one", 0)
    bus.meanwhile = (A, b"another's")
    with pytest.raises(RevisionError, match="somebody else was faster, and 2 stands there now; read it again"):
        await bucket.put("a", b"two", first)
    assert bus.body_of(A) == b"another's"
    bus.meanwhile = (A, b"")
    with pytest.raises(RevisionError, match="somebody else was faster, and has deleted it; "):
        await bucket.put("a", b"two", 2)


@pytest.mark.parametrize(
    ("refusal", "says"),
    [
        ({"code": 503, "err_code": 10077, "description": "maximum bytes exceeded"}, "maximum bytes exceeded .10077."),
        ({"code": 404, "err_code": 10059, "description": "stream not found"}, "stream not found"),
    ],
)
async def test_what_the_broker_refuses_is_told_as_it_says_it(
    bus: FakeBus, bucket: Bucket, refusal: dict[str, object], says: str
) -> None:
    bus.refusal = refusal
    with pytest.raises(BusAwayError, match=f"The bucket alert_rules on the bus refuses it: {says}"):
        await bucket.put("a", b"one")


@pytest.mark.parametrize("answer", [b"", b"[]", b"null", b"\xff"])
async def test_an_answer_that_is_none_is_no_crash(bus: FakeBus, bucket: Bucket, answer: bytes) -> None:
    bus.answers["$JS.API.STREAM.MSG.GET.KV_alert_rules"] = [answer]
    with pytest.raises(BusAwayError, match="answers what cannot be read"):
        await bucket.read("a")


async def test_a_bucket_that_was_never_made_says_what_to_run() -> None:
    class Nobody(FakeBus):
        async def ask(self, subject: str, *rest: object, **more: object) -> bytes:
            return await super().ask("nothing")

    with pytest.raises(BusAwayError, match=r"does not exist; run 'python -m services\.ingest\.provision'"):
        await Bucket(Nobody(), "alert_rules").keys()
