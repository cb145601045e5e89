// node-redis talks to a server: `smoke.js PORT`. Prints what it used; fails with an error.

const assert = require("node:assert");
const { createClient } = require("redis");
const { version } = require("redis/package.json");

async function talk(options) {
  const client = createClient({ socket: { port: Number(process.argv[2]) }, ...options });
  client.on("error", (error) => {
    console.error(error);
    process.exit(1);
  });
  await client.connect();
  await client.flushAll();

  assert.equal(await client.ping(), "PONG");
  assert.equal(await client.set("key", "value"), "OK");
  assert.equal(await client.get("key"), "value");
  assert.equal(await client.set("key", "other", { NX: true }), null);
  assert.equal(await client.set("key", "third", { EX: 100, GET: true }), "value");
  const ttl = await client.ttl("key");
  assert.ok(ttl > 0 && ttl <= 100);
  assert.equal(await client.incrBy("count", 5), 5);
  assert.equal(await client.incrByFloat("count", 0.5), "5.5");
  assert.equal(await client.mSet({ a: "1", b: "2" }), "OK");
  assert.deepEqual(await client.mGet(["a", "none", "b"]), ["1", null, "2"]);
  assert.equal(await client.exists(["a", "b", "none"]), 2);
  assert.equal(await client.setBit("bits", 7, 1), 0);
  assert.equal(await client.bitCount("bits"), 1);
  assert.equal(await client.type("a"), "string");
  assert.equal(await client.rename("a", "c"), "OK");
  assert.equal(await client.del(["b", "c"]), 2);
  assert.match(await client.info("server"), /redis_version/);
  assert.ok((await client.clientId()) > 0);
  const libraries = (await client.clientList()).map((row) => row.libName);
  // Redis 7.0 does not know CLIENT SETINFO yet.
  const old = /redis_version:7\.0/.test(await client.info("server"));
  assert.ok(old || libraries.includes("node-redis"), `CLIENT LIST names ${libraries}`);
  assert.ok("maxclients" in (await client.configGet("maxclients")));

  // All at once: the client sends them as one pipeline.
  const sets = Array.from({ length: 1000 }, (_, i) => client.set(`key:${i}`, "x".repeat(i)));
  assert.ok((await Promise.all(sets)).every((reply) => reply === "OK"));
  const found = [];
  for await (const keys of client.scanIterator({ MATCH: "key:*", COUNT: 100 })) found.push(...keys);
  assert.equal(new Set(found).size, 1000);

  await assert.rejects(client.incr("key"), /not an integer/);
  await client.flushAll();
  await client.close();
}

(async () => {
  await talk({});
  await talk({ RESP: 2 });
  await talk({ RESP: 3 });
  console.log(`node-redis ${version}`);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
