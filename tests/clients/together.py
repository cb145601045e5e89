"""redis-py where several clients meet: `together.py PORT`. Publish and subscribe, keyspace events,
watched transactions, client-side caching, users. Fails with a traceback."""

import faulthandler
import sys

import redis
from redis.backoff import NoBackoff
from redis.cache import CacheConfig
from redis.connection import CacheProxyConnection
from redis.retry import Retry

port = int(sys.argv[1])
PATIENCE = 20
# Whoever waits in vain is told where.
faulthandler.dump_traceback_later(3 * PATIENCE, exit=True)


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def message(pubsub):
    """The next message that is no confirmation."""
    found = pubsub.get_message(ignore_subscribe_messages=True, timeout=PATIENCE)
    while found is None:
        found = pubsub.get_message(ignore_subscribe_messages=True, timeout=PATIENCE)
        assert pubsub.subscribed
    return found["type"], text(found["channel"]), text(found["data"])


def confirmed(pubsub, kind, count):
    """Waits for a confirmation."""
    found = pubsub.get_message(timeout=PATIENCE)
    while found is None or found["type"] != kind:
        found = pubsub.get_message(timeout=PATIENCE)
    assert found["data"] == count, found


def channels(client):
    with client.pubsub() as pubsub:
        pubsub.subscribe("news")
        confirmed(pubsub, "subscribe", 1)
        pubsub.psubscribe("new*")
        confirmed(pubsub, "psubscribe", 2)
        assert client.publish("news", "first") == 2
        assert message(pubsub) == ("message", "news", "first")
        assert message(pubsub) == ("pmessage", "news", "first")
        assert [text(name) for name in client.pubsub_channels()] == ["news"]
        assert client.pubsub_numpat() == 1
        assert [(text(a), b) for a, b in client.pubsub_numsub("news", "x")] == [("news", 1), ("x", 0)]
        pubsub.ping()
        pubsub.unsubscribe()
        confirmed(pubsub, "unsubscribe", 1)
        assert client.publish("news", "second") == 1
        assert message(pubsub) == ("pmessage", "news", "second")
        heard = []
        pubsub.subscribe(handled=lambda found: heard.append(text(found["data"])))
        confirmed(pubsub, "subscribe", 2)
        client.publish("handled", "third")
        while not heard:
            pubsub.get_message(timeout=PATIENCE)
        assert heard == ["third"]
    assert client.publish("nobody", "x") == 0


def events(client):
    client.config_set("notify-keyspace-events", "KEA")
    db = client.connection_pool.connection_kwargs.get("db", 0)
    with client.pubsub() as pubsub:
        pubsub.psubscribe(f"__key*@{db}__:*")
        confirmed(pubsub, "psubscribe", 1)
        client.set("key", "value")
        client.expire("key", 100)
        client.delete("key")
        for event in ("set", "expire", "del"):
            assert message(pubsub) == ("pmessage", f"__keyspace@{db}__:key", event)
            assert message(pubsub) == ("pmessage", f"__keyevent@{db}__:{event}", "key")
        client.set("short", "x", px=1)
        while message(pubsub) != ("pmessage", f"__keyevent@{db}__:expired", "short"):
            pass
    client.config_set("notify-keyspace-events", "")


def transactions(client, other):
    client.set("balance", 10)
    tries = 0

    def withdraw(pipe):
        nonlocal tries
        balance = int(pipe.get("balance"))
        if tries == 0:
            # Somebody comes in between: it must be tried again.
            other.decr("balance")
        tries += 1
        pipe.multi()
        pipe.set("balance", balance - 5)
        pipe.get("balance")

    assert text(client.transaction(withdraw, "balance")[1]) == "4" and tries == 2
    with client.pipeline() as pipe:
        pipe.watch("balance")
        other.set("balance", 0)
        pipe.multi()
        pipe.incr("balance")
        try:
            pipe.execute()
            raise AssertionError("a watched key changed")
        except redis.WatchError:
            pass
    with client.pipeline(transaction=True) as pipe:
        pipe.set("text", "x").incr("text").set("after", 1)
        replies = pipe.execute(raise_on_error=False)
    assert replies[0] is True and isinstance(replies[1], redis.ResponseError) and replies[2] is True
    with client.pipeline(transaction=True) as pipe:
        pipe.set("never", 1).execute_command("NOSUCH")
        try:
            pipe.execute()
            raise AssertionError("a request of the transaction was refused")
        except redis.ResponseError as error:
            assert "unknown command" in str(error), error
    assert client.get("never") is None
    lock = client.lock("lock", timeout=10)
    assert lock.acquire(blocking=False) and not other.lock("lock").acquire(blocking=False)


def caching(other):
    """A copy that the server says is out of date is fetched again."""
    # It asks for a server that calls itself redis 7.4; what it needs is there since 6.
    CacheProxyConnection.MIN_ALLOWED_VERSION = "6.0.0"
    client = redis.Redis(port=port, protocol=3, cache_config=CacheConfig(), decode_responses=True)
    cache = client.get_cache()
    other.set("cached", "old")
    assert client.get("cached") == "old" and client.get("cached") == "old"
    assert cache.size == 1
    other.set("cached", "new")
    # The invalidation is on its way ahead of any reply that follows it.
    client.ping()
    assert client.get("cached") == "new"
    other.flushall()
    client.ping()
    assert client.get("cached") is None
    client.close()


def users(client):
    assert client.acl_setuser(
        "reader",
        enabled=True,
        passwords=["+secret"],
        commands=["+get", "+acl|whoami", "+subscribe"],
        categories=["+@connection"],
        keys=["public:*"],
        channels=["news"],
        reset=True,
    )
    client.mset({"public:1": "a", "private:1": "b"})

    def login(password):
        options = {"port": port, "db": client.get_connection_kwargs().get("db", 0)}
        # Who is refused is not to try again and again.
        options["retry"] = Retry(NoBackoff(), 0)
        return redis.Redis(
            username="reader", password=password, decode_responses=True, **options
        )

    reader = login("secret")
    assert reader.acl_whoami() == "reader" and reader.get("public:1") == "a"
    for refused in (
        lambda: reader.get("private:1"),
        lambda: reader.set("public:1", "x"),
        lambda: reader.execute_command("CONFIG", "GET", "*"),
    ):
        try:
            refused()
            raise AssertionError("what is not allowed was done")
        except redis.exceptions.NoPermissionError:
            pass
    with reader.pubsub() as pubsub:
        pubsub.subscribe("news")
        confirmed(pubsub, "subscribe", 1)
    try:
        login("wrong").ping()
        raise AssertionError("a wrong password was taken")
    except redis.AuthenticationError:
        pass
    rules = client.acl_getuser("reader")
    assert "on" in [text(flag) for flag in rules["flags"]], rules
    reasons = {text(entry["reason"]) for entry in client.acl_log()}
    assert {"auth", "command", "key"} <= reasons, reasons
    assert client.acl_deluser("reader") == 1
    # Whoever was that user is cut off.
    try:
        reader.connection_pool.disconnect()
        reader.ping()
        raise AssertionError("a user is gone and still there")
    except redis.AuthenticationError:
        pass
    client.acl_log_reset()


for options in ({}, {"protocol": 2}, {"protocol": 3}, {"decode_responses": True}, {"db": 3}):
    client = redis.Redis(port=port, **options)
    other = redis.Redis(port=port, **options)
    client.flushall()
    channels(client)
    events(client)
    transactions(client, other)
    users(client)
    client.flushall()
    client.close()
caching(redis.Redis(port=port))

print(f"redis-py {redis.__version__}")
