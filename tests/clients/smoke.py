"""redis-py talks to a server: `smoke.py PORT`. Prints what it used; fails with a traceback."""

import sys

import redis

port = int(sys.argv[1])

for options in ({}, {"protocol": 2}, {"protocol": 3}, {"decode_responses": True}):
    client = redis.Redis(port=port, **options)

    def text(value):
        return value.decode() if isinstance(value, bytes) else value

    assert client.ping()
    client.flushall()
    assert client.set("key", "value") and text(client.get("key")) == "value"
    assert client.set("key", "other", nx=True) is None
    assert text(client.set("key", "third", ex=100, get=True)) == "value"
    assert 0 < client.ttl("key") <= 100 and client.persist("key")
    assert client.expire("key", 50, nx=True) and client.pttl("key") > 0
    assert client.incrby("count", 5) == 5 and client.incrbyfloat("count", 0.5) == 5.5
    assert client.mset({"a": 1, "b": 2}) and client.mget("a", "none", "b")[1] is None
    assert client.append("a", "x") == 2 and text(client.getrange("a", 0, -1)) == "1x"
    assert client.setbit("bits", 7, 1) == 0 and client.bitcount("bits") == 1
    assert client.type("a") in (b"string", "string") and client.exists("a", "b", "none") == 2
    assert sorted(text(key) for key in client.scan_iter(match="?")) == ["a", "b"]
    assert client.rename("a", "c") and client.copy("c", "d") and client.delete("c", "d") == 2
    assert client.unlink("b") == 1 and client.dbsize() == 3 and client.randomkey() is not None
    assert client.object("encoding", "bits") is not None

    assert client.client_setname("smoke") and text(client.client_getname()) == "smoke"
    assert client.client_id() > 0
    # Redis 7.0 does not know CLIENT SETINFO yet.
    old = client.info("server")["redis_version"].startswith("7.0")
    libraries = {text(row.get("lib-name", "")) for row in client.client_list()}
    assert old or any("redis-py" in library for library in libraries), libraries
    assert client.info("server")["redis_version"] and client.info()["used_memory"] > 0
    assert client.config_get("maxclients") and client.config_set("hz", 10)
    assert client.time() and client.command_count() > 0 and client.lolwut()

    with client.pipeline(transaction=False) as pipe:
        for index in range(1000):
            pipe.set(f"key:{index}", "x" * index)
        assert all(pipe.execute())
    assert client.strlen("key:999") == 999 and client.dbsize() == 1003

    try:
        client.incr("key")
        raise AssertionError("INCR of a text must fail")
    except redis.ResponseError as error:
        assert "not an integer" in str(error), error
    client.flushall()
    client.close()

print(f"redis-py {redis.__version__}")
