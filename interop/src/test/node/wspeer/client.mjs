import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { WebSocket } from "ws";

const MEGABYTE = 1 << 20;
let base;
let options;

/** Opens a WebSocket; rejects if it does not come about. */
async function open(path, more = {}, protocols = []) {
  const socket = new WebSocket(base + path, protocols, { ...options, ...more });
  // What comes before somebody waits for it.
  socket.inbox = [];
  socket.wake = () => {};
  socket.on("message", (data, binary) => socket.wake(socket.inbox.push({ data, binary })));
  await once(socket, "open");
  socket.on("error", () => {});
  socket.on("close", () => socket.wake());
  return socket;
}

async function next(socket) {
  while (socket.inbox.length === 0) {
    assert.equal(socket.readyState, WebSocket.OPEN, "it is open");
    await new Promise((resolve) => (socket.wake = resolve));
  }
  return socket.inbox.shift();
}

async function closed(socket) {
  const [code, reason] = await once(socket, "close");
  return `${code} ${reason}`;
}

async function told() {
  const socket = await open("/told");
  const { data } = await next(socket);
  socket.close();
  return JSON.parse(data);
}

/** Asks until the answer is right; whoever runs the case bounds it. */
async function until(right) {
  for (let answer = await told(); ; answer = await told()) {
    if (right(answer)) {
      return answer;
    }
    await wait(20);
  }
}

async function echoes(socket, data) {
  socket.send(data);
  const answer = await next(socket);
  assert.equal(answer.binary, typeof data !== "string");
  assert.ok(answer.data.equals(Buffer.from(data)), `${answer.data.length} octets came back`);
}

/** Until a counter moves no more. */
async function standstill(count) {
  let last = -1;
  for (let now = await count(); now === 0 || now !== last; now = await count()) {
    last = now;
    await wait(300);
  }
  return last;
}

const cases = {
  async "text and binary"() {
    const socket = await open("/echo", { perMessageDeflate: false });
    assert.equal(socket.extensions, "");
    for (const size of [0, 1, 125, 126, 65_535, 65_536, MEGABYTE]) {
      await echoes(socket, randomBytes(size));
      await echoes(socket, "ä".repeat(size / 2));
    }
    socket.close();
  },

  async "compressed from end to end"() {
    const socket = await open("/echo", { perMessageDeflate: { threshold: 0 } });
    assert.match(socket.extensions, /permessage-deflate/);
    const before = socket._socket.bytesWritten;
    await echoes(socket, "again and ".repeat(MEGABYTE / 10));
    assert.ok(socket._socket.bytesWritten - before < 100_000, "it was sent compressed");
    for (let i = 0; i < 50; i++) {
      await echoes(socket, randomBytes(i * 997));
    }
    socket.close();
  },

  async fragments() {
    const socket = await open("/echo");
    for (let i = 0; i < 300; i++) {
      socket.send("part " + i, { fin: i === 299 });
      if (i % 100 === 50) {
        // Control frames may stand between the fragments of a message.
        socket.ping("between");
      }
    }
    const { data } = await next(socket);
    assert.equal(String(data), Array.from({ length: 300 }, (_, i) => "part " + i).join(""));
    socket.close();
  },

  async "pings both ways"() {
    const socket = await open("/ping");
    await until((answer) => answer.pongs.includes("from the server"));
    socket.ping("from the client");
    const [pong] = await once(socket, "pong");
    assert.equal(String(pong), "from the client");
    const { pings } = await told();
    assert.ok(pings.includes("from the client"));
    socket.close();
  },

  async "protocol is agreed on"() {
    const socket = await open("/echo", {}, ["chat.1", "chat.2"]);
    assert.equal(socket.protocol, "chat.2");
    socket.close();
  },

  async "client closes with a code"() {
    const socket = await open("/echo");
    const over = closed(socket);
    socket.close(4001, "ende, tschüs");
    assert.equal(await over, "4001 ende, tschüs");
    await until((answer) => answer.closed.includes("4001 ende, tschüs"));
  },

  async "server closes with a code"() {
    for (const [code, reason] of [[1000, ""], [1001, "going"], [4999, "own"]]) {
      const socket = await open("/close");
      socket.send(JSON.stringify({ code, reason }));
      assert.equal(await closed(socket), `${code} ${reason}`);
    }
  },

  async "client breaks off"() {
    const before = (await told()).closed.filter((end) => end === "1006 ").length;
    const socket = await open("/echo");
    socket.terminate();
    await until(({ closed: all }) => all.filter((end) => end === "1006 ").length === before + 1);
  },

  async "server breaks off"() {
    const socket = await open("/close");
    socket.send(JSON.stringify({}));
    assert.equal(await closed(socket), "1006 ");
  },

  async "server refuses"() {
    const socket = new WebSocket(base + "/refused", options);
    const [, response] = await once(socket, "unexpected-response");
    assert.equal(response.statusCode, 401);
    socket.on("error", () => {}).terminate();
  },

  async "slow client holds the server back"() {
    const before = (await told()).flooded;
    const socket = await open("/flood?megabytes=100");
    let octets = 0;
    socket.removeAllListeners("message");
    socket.on("message", (data) => (octets += data.length));
    socket.pause();
    const sent = await standstill(async () => (await told()).flooded - before);
    assert.ok(sent < 50, `${sent} of 100 MiB were sent to nobody`);
    socket.resume();
    assert.equal(await closed(socket), "1000 ");
    assert.equal(octets, 100 * MEGABYTE);
  },

  async "slow server holds the client back"() {
    const socket = await open("/slow", { perMessageDeflate: false });
    for (let i = 0; i < 100; i++) {
      socket.send(Buffer.alloc(MEGABYTE));
    }
    socket.send("end");
    const waiting = await standstill(async () => socket.bufferedAmount / MEGABYTE);
    assert.ok(waiting > 50, `only ${waiting} of 100 MiB wait`);
    await open("/wake");
    assert.equal(String((await next(socket)).data), String(100 * MEGABYTE + 3));
    socket.close();
  },

  async "many at once"() {
    await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const socket = await open("/echo");
        for (let turn = 0; turn < 20; turn++) {
          await echoes(socket, `${i} ${turn}`);
        }
        const over = closed(socket);
        socket.close(1000);
        assert.equal(await over, "1000 ");
      }),
    );
  },
};

export async function call(url, roots) {
  base = url;
  options = roots ? { ca: readFileSync(roots), servername: "localhost" } : {};
  for (const [name, run] of Object.entries(cases)) {
    const late = wait(20_000, undefined, { ref: false }).then(() => assert.fail("takes too long"));
    try {
      await Promise.race([run(), late]);
      console.log("ok", name);
    } catch (error) {
      console.log(`bad ${name}: ${String(error.stack).replaceAll("\n", "; ")}`);
    }
  }
  process.exit();
}
