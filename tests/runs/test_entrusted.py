"""What a worker cannot save, kept by its server."""

from nnviz.runs import limits
from nnviz.runs.entrusted import SAVED, Entrusted, checkpoint_of, message_of
from nnviz.runs.leases import Checkpoint


def taken_back(entrusted):
    return [checkpoint_of(each["about"], each["data"]) for each in entrusted.requests()]


def test_the_newest_state_of_each_run_is_given_back_until_all_is_saved():
    server = Entrusted()
    old, new = Checkpoint("a", b"old", 3, None), Checkpoint("a", b"new\x00", 3, "mine")
    other = Checkpoint("b", b"", 1, None)
    for each in (old, other, new):
        server.take(message_of(each), each.data)
    assert taken_back(server) == [new, other]
    server.take({"number": 0, "error": "anything else", "kind": "RunError"}, b"")
    assert taken_back(server) == [new, other]
    server.take(SAVED, b"")
    assert taken_back(server) == []


def test_it_keeps_no_more_than_its_limit(monkeypatch):
    monkeypatch.setattr(limits, "ENTRUSTED_BYTES", 10)
    server = Entrusted()
    for name, size in (("a", 6), ("b", 5), ("c", 4)):
        each = Checkpoint(name, b"x" * size, 1, None)
        server.take(message_of(each), each.data)
    assert [each.id for each in taken_back(server)] == ["a", "c"]
