// node-redis where several clients meet: `together.js PORT`. Publish and subscribe, keyspace events,
// watched transactions, client-side caching, users. Fails with an error.

const assert = require("node:assert");
const { once, EventEmitter } = require("node:events");
const { createClient, WatchError } = require("redis");
const { version } = require("redis/package.json");

// Whoever waits in vain is told of it.
setTimeout(() => {
  console.error("it takes too long");
  process.exit(1);
}, 60_000).unref();

const socket = { port: Number(process.argv[2]) };

async function connect(options) {
  const client = createClient({ socket, ...options });
  client.on("error", (error) => {
    console.error(error);
    process.exit(1);
  });
  await client.connect();
  return client;
}

async function channels(client, options) {
  const subscriber = await connect(options);
  const heard = new EventEmitter();
  const next = () => once(heard, "message");
  await subscriber.subscribe("news", (text, channel) => heard.emit("message", "news", text, channel));
  let coming = next();
  assert.equal(await client.publish("news", "first"), 1);
  assert.deepEqual(await coming, ["news", "first", "news"]);
  await subscriber.pSubscribe("n*", (text, channel) => heard.emit("message", "n*", text, channel));
  await subscriber.unsubscribe("news");
  coming = next();
  assert.equal(await client.publish("news", "second"), 1);
  assert.deepEqual(await coming, ["n*", "second", "news"]);
  await subscriber.sSubscribe("shard", (text) => heard.emit("message", "shard", text));
  coming = next();
  assert.equal(await client.sPublish("shard", "third"), 1);
  assert.deepEqual(await coming, ["shard", "third"]);
  assert.deepEqual(await client.pubSubChannels(), []);
  assert.equal(await client.pubSubNumPat(), 1);
  await subscriber.pUnsubscribe();
  await subscriber.sUnsubscribe("shard");

  await client.configSet("notify-keyspace-events", "KEA");
  await subscriber.subscribe("__keyspace@0__:key", (text) => heard.emit("message", text));
  for (const [act, event] of [
    [() => client.set("key", "value"), "set"],
    [() => client.expire("key", 100), "expire"],
    [() => client.del("key"), "del"],
  ]) {
    coming = next();
    await act();
    assert.deepEqual(await coming, [event]);
  }
  await client.configSet("notify-keyspace-events", "");
  await subscriber.close();
}

async function transactions(client, other) {
  const replies = await client.multi().set("key", "1").incr("key").get("key").exec();
  assert.deepEqual(replies, ["OK", 2, "2"]);
  await client.watch("key");
  await other.set("key", "10");
  await assert.rejects(client.multi().incr("key").exec(), WatchError);
  assert.equal(await client.get("key"), "10");
  await client.watch("key");
  await client.unwatch();
  await other.set("key", "20");
  assert.deepEqual(await client.multi().incr("key").exec(), [21]);
  await assert.rejects(client.multi().set("text", "x").incr("text").exec());
  assert.equal(await client.get("text"), "x");
}

async function caching(other) {
  const client = await connect({ RESP: 3, clientSideCache: { ttl: 0, maxEntries: 0 } });
  await other.set("cached", "old");
  assert.equal(await client.get("cached"), "old");
  assert.equal(await client.get("cached"), "old");
  await other.set("cached", "new");
  // The invalidation is on its way ahead of any reply that follows it.
  await client.ping();
  assert.equal(await client.get("cached"), "new");
  await other.flushAll();
  await client.ping();
  assert.equal(await client.get("cached"), null);
  await client.close();
}

async function users(client, options) {
  const rules = ["reset", "on", ">secret", "~public:*", "+get", "+acl|whoami", "+@connection"];
  assert.equal(await client.aclSetUser("reader", rules), "OK");
  await client.mSet({ "public:1": "a", "private:1": "b" });
  const reader = await connect({ ...options, username: "reader", password: "secret" });
  assert.equal(await reader.aclWhoAmI(), "reader");
  assert.equal(await reader.get("public:1"), "a");
  await assert.rejects(reader.get("private:1"), /NOPERM/);
  await assert.rejects(reader.set("public:1", "x"), /NOPERM/);
  reader.destroy();
  const once = { ...socket, reconnectStrategy: false };
  const stranger = createClient({ ...options, socket: once, username: "reader", password: "wrong" });
  stranger.on("error", () => {});
  await assert.rejects(stranger.connect(), /WRONGPASS/);
  assert.ok((await client.aclUsers()).includes("reader"));
  assert.equal(await client.aclDelUser("reader"), 1);
}

async function talk(options) {
  const client = await connect(options);
  const other = await connect(options);
  await client.flushAll();
  await channels(client, options);
  await transactions(client, other);
  await users(client, options);
  if (options.RESP === 3) await caching(other);
  await client.flushAll();
  await client.close();
  await other.close();
}

(async () => {
  await talk({});
  await talk({ RESP: 2 });
  await talk({ RESP: 3 });
  console.log(`node-redis ${version}`);
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
