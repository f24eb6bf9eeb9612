"""Keys: environment, key store, file; by host; every broken key store survived."""

from __future__ import annotations

import stat
import threading
import time

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest

from gimp_bridge import credentials
from gimp_bridge.credentials import Credentials
from gimp_bridge.errors import KeyStoreSilent
from gimp_bridge.secret import Secret
from gimp_bridge.worker import forget_keys


class MemoryStore(keyring.backend.KeyringBackend):
    """A key store that works."""

    priority = 1

    def __init__(self):
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        del self.kept[service, username]


class LockedStore(MemoryStore):
    """A key store whose owner does not unlock it."""

    def get_password(self, *_):
        raise keyring.errors.KeyringLocked("locked")

    set_password = delete_password = get_password


class BrokenStore(MemoryStore):
    """A key store that fails in a way of its own, quoting what it was given."""

    def set_password(self, service, username, password):
        raise RuntimeError(f"D-Bus is gone while storing {password}")


@pytest.fixture
def use_store():
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


@pytest.fixture
def keys(tmp_path):
    return Credentials(tmp_path / "conf" / "keys.json", {})


def test_the_key_store_serves_first(use_store, keys):
    store = MemoryStore()
    use_store(store)
    assert keys.save("host", Secret("k1")) == "the system's key store"
    assert store.kept == {("gimp-object-removal", "host"): "k1"}
    assert b"k1" not in keys.path.read_bytes()
    assert keys.find("host") == Secret("k1")
    assert keys.forget("host")
    assert (store.kept, keys.find("host")) == ({}, Secret(""))


@pytest.mark.parametrize(
    "store",
    [LockedStore, BrokenStore, keyring.backends.fail.Keyring, keyring.backends.null.Keyring],
)
def test_without_a_usable_key_store_a_private_file_serves(use_store, keys, store, caplog):
    use_store(store())
    assert keys.save("host", Secret("k2")) == str(keys.path)
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.path.parent.stat().st_mode) == 0o700
    assert keys.find("host") == Secret("k2")
    assert "k2" not in caplog.text
    keys.forget("host")
    assert keys.find("host") == Secret("")
    assert b"k2" not in keys.path.read_bytes()


def test_a_key_is_for_one_host_only(use_store, keys):
    use_store(keyring.backends.fail.Keyring())
    keys.save("one", Secret("k1"))
    keys.save("two", Secret("k2"))
    assert [keys.find(host) for host in ("one", "two", "three")] == [
        Secret("k1"),
        Secret("k2"),
        Secret(""),
    ]


def test_the_environment_goes_before_all(use_store, keys):
    use_store(MemoryStore())
    keys.save("host", Secret("stored"))
    environ = {"PICWISH_API_KEY": " given \n"}
    assert Credentials(keys.path, environ).find("host") == Secret("given")


def test_a_key_moved_to_the_key_store_leaves_the_file(use_store, keys):
    use_store(keyring.backends.fail.Keyring())
    keys.save("host", Secret("old"))
    use_store(MemoryStore())
    keys.save("host", Secret("new"))
    assert b"old" not in keys.path.read_bytes()
    assert keys.find("host") == Secret("new")


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"host": 5}', b"\xff"])
def test_a_broken_key_file_is_no_key(use_store, keys, content):
    use_store(keyring.backends.fail.Keyring())
    keys.path.parent.mkdir()
    keys.path.write_bytes(content)
    assert keys.find("host") == Secret("")
    keys.save("host", Secret("again"))
    assert keys.find("host") == Secret("again")


class Silent(MemoryStore):
    """A key store that waits for a person who is not there, until ``there`` is set."""

    def __init__(self):
        super().__init__()
        self.there = threading.Event()
        self.asked = 0

    def get_password(self, service, username):
        self.asked += 1
        self.there.wait(60)
        return super().get_password(service, username)


@pytest.fixture
def silent(use_store, monkeypatch):
    store = Silent()
    use_store(store)
    monkeypatch.setattr(credentials, "STORE_WAIT_S", 0.05)
    yield store
    store.there.set()


def test_a_key_store_that_never_answers_and_is_not_known_to_keep_a_key_is_given_up(silent, keys):
    assert keys.find("host") == Secret("")


def test_a_key_that_is_kept_and_does_not_come_out_is_not_taken_for_none(silent, keys):
    silent.there.set()
    keys.save("host", Secret("k1"))
    silent.there.clear()
    with pytest.raises(KeyStoreSilent, match="host"):
        Credentials(keys.path, {}).find("host")


def test_the_key_store_is_asked_once_and_may_answer_late(silent, keys):
    silent.kept["gimp-object-removal", "host"] = "k1"
    assert [keys.find("host") for _ in range(3)] == [Secret("")] * 3
    silent.there.set()
    while keys.find("host") == Secret(""):
        time.sleep(0.01)
    assert (keys.find("host"), silent.asked) == (Secret("k1"), 1)


@pytest.mark.parametrize("change", ["saved", "removed"])
def test_what_is_changed_while_the_key_store_is_locked_counts(use_store, keys, change):
    store = MemoryStore()
    use_store(store)
    keys.save("host", Secret("old"))
    use_store(LockedStore())
    if change == "saved":
        assert keys.save("host", Secret("new")) == str(keys.path)
    else:
        assert not keys.forget("host")
    use_store(store)
    assert store.kept == {("gimp-object-removal", "host"): "old"}
    assert keys.find("host") == Secret("new" if change == "saved" else "")
    assert keys.forget("host")
    assert (store.kept, keys.find("host")) == ({}, Secret(""))


def test_where_there_is_no_key_store_nothing_is_left_in_it(use_store, keys):
    use_store(keyring.backends.fail.Keyring())
    keys.save("host", Secret("k1"))
    assert keys.forget("host")


@pytest.mark.parametrize(("store", "status"), [(MemoryStore, 0), (LockedStore, 1)])
def test_a_purge_says_by_its_status_whether_the_key_store_was_reached(
    use_store, store, status, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    use_store(store())
    assert forget_keys.main() == status
