import assert from "node:assert/strict";
import { createHash } from "node:crypto";

/** Until the site has told what it should; whoever runs the case bounds it. */
async function until(page, right) {
  for (;;) {
    const told = await page.run(async () => (await fetch("/told")).json());
    page.told = { ...told, sockets: told.sockets.length, asked: (page.told.asked ?? 0) + 1 };
    if (right(told)) {
      return told;
    }
  }
}

export const cases = {
  async "page over HTTP/2"(page) {
    const seen = await page.run(() => ({
      protocols: performance
        .getEntries()
        .filter((entry) => entry.nextHopProtocol)
        .map((entry) => entry.nextHopProtocol),
      title: document.title,
      color: getComputedStyle(document.getElementById("text")).color,
      loaded: globalThis.loaded,
    }));
    assert.ok(seen.protocols.length >= 3);
    assert.deepEqual(new Set(seen.protocols), new Set(["h2"]));
    assert.deepEqual([seen.title, seen.color, seen.loaded], ["Ärger", "rgb(1, 2, 3)", true]);
  },

  async cookies(page) {
    assert.equal(await page.run(async () => (await fetch("/cookies")).text()), "a=1; b=2");
  },

  async "answer that comes in parts"(page) {
    const parts = await page.run(async () => {
      const reader = (await fetch("/stream")).body.pipeThrough(new TextDecoderStream()).getReader();
      const read = [(await reader.read()).value];
      for (let i = 0; i < 5; i++) {
        await fetch("/next");
        read.push((await reader.read()).value);
      }
      await reader.cancel();
      return read;
    });
    assert.deepEqual(parts, ["begin\n", ...Array(5).fill("part\n")]);
  },

  async "upload of five megabytes"(page) {
    const answer = await page.run(async () => {
      const body = new Uint8Array(5_000_000).map((_, i) => i % 251);
      return (await fetch("/upload", { method: "POST", body })).text();
    });
    const same = Buffer.alloc(5_000_000).map((_, i) => i % 251);
    const hash = createHash("sha256").update(same).digest("hex");
    assert.equal(answer, `5000000 ${hash} sized`);
  },

  async "upload as a stream"(page) {
    const answer = await page.run(async () => {
      let left = 100;
      const body = new ReadableStream({
        pull: (sink) => (left-- > 0 ? sink.enqueue(new Uint8Array(10_000)) : sink.close()),
      });
      return (await fetch("/upload", { method: "POST", body, duplex: "half" })).text();
    });
    assert.match(answer, /^1000000 [0-9a-f]+ chunked$/);
  },

  // A body of known length: Chromium ends the stream of an upload whose length nobody knows as if it
  // were whole, and resets it only then, which may be too late for the site.
  async "upload that is given up"(page) {
    const { aborted, begun } = await until(page, () => true);
    await page.run(() => {
      const control = new AbortController();
      const body = new Uint8Array(50_000_000);
      const sent = fetch("/stalled", { method: "POST", body, signal: control.signal });
      globalThis.giveUp = () => (control.abort(), sent.catch((failure) => failure.name));
    });
    await until(page, (told) => told.begun === begun + 1);
    assert.equal(await page.run(() => globalThis.giveUp()), "AbortError");
    await page.run(async () => (await fetch("/resume")).text());
    await until(page, (told) => told.aborted === aborted + 1);
  },

  async "download that is given up"(page) {
    const { aborted } = await until(page, () => true);
    await page.run(async () => {
      const reader = (await fetch("/endless")).body.getReader();
      for (let octets = 0; octets < 3_000_000; ) {
        octets += (await reader.read()).value.length;
      }
      await reader.cancel();
    });
    await until(page, (told) => told.aborted === aborted + 1);
  },

  async "download that waits for its reader"(page) {
    const { aborted } = await until(page, () => true);
    await page.run(async () => {
      globalThis.slow = (await fetch("/endless")).body.getReader();
      // Others go on while nobody reads this one.
      await Promise.all(Array.from({ length: 50 }, () => fetch("/small")));
      await globalThis.slow.cancel();
    });
    await until(page, (told) => told.aborted === aborted + 1);
  },

  async "compressed answer"(page) {
    const [coding, length] = await page.run(async () => {
      const answer = await fetch("/gzip");
      return [answer.headers.get("content-encoding"), (await answer.text()).length];
    });
    assert.deepEqual([coding, length], ["gzip", 600_000]);
  },

  async "two hundred at once"(page) {
    const wrong = await page.run(async () => {
      const all = Array.from({ length: 200 }, async (_, i) => {
        const text = await (await fetch(`/small?${i}`)).text();
        return text === `answer to /small?${i}` ? [] : [text];
      });
      return (await Promise.all(all)).flat();
    });
    assert.deepEqual(wrong, []);
  },

  async "what has not changed"(page) {
    const texts = await page.run(async () => {
      const read = [];
      for (let i = 0; i < 3; i++) {
        read.push(await (await fetch("/etag")).text());
      }
      return read;
    });
    assert.deepEqual(texts, ["tagged", "tagged", "tagged"]);
    const { revalidated } = await until(page, () => true);
    assert.equal(revalidated, 2);
  },

  async "answers without a body"(page) {
    const seen = await page.run(async () => {
      const head = await fetch("/small", { method: "HEAD" });
      const none = await fetch("/nothing");
      const moved = await fetch("/elsewhere");
      const missing = await fetch("/missing");
      return [head.status, none.status, await moved.text(), moved.redirected, missing.status];
    });
    assert.deepEqual(seen, [200, 204, "answer to /small?moved", true, 404]);
  },

  async "events from the server"(page) {
    const heard = await page.run(
      () =>
        new Promise((resolve, reject) => {
          const source = new EventSource("/events");
          const all = [];
          source.onerror = reject;
          source.onmessage = ({ data }) => {
            if (all.push(data) === 3) {
              source.close();
              resolve(all);
            }
          };
        }),
    );
    assert.deepEqual(heard, ["event 0", "event 1", "event 2"]);
  },

  async "call from another origin"(page, port) {
    const text = await page.run(async (there) => {
      const headers = { "x-own": "mine", "content-type": "application/json" };
      const answer = await fetch(there, { method: "PUT", headers, body: "{}" });
      return answer.text();
    }, `https://127.0.0.1:${port}/shared`);
    assert.equal(text, "shared mine {}");
    const { methods } = await until(page, () => true);
    assert.deepEqual(methods, ["PUT"], "the proxy answers what browsers ask beforehand");
  },

  async "call from another origin that is not allowed"(page, port) {
    const failure = await page.run(async (there) => {
      const method = "PUT";
      return fetch(there, { method }).then(
        () => "answered",
        (error) => error.name,
      );
    }, `https://127.0.0.1:${port}/small`);
    assert.equal(failure, "TypeError");
  },

  async "WebSocket on the connection of the page"(page, port) {
    const seen = await page.run(
      (there) =>
        new Promise((resolve, reject) => {
          const socket = new WebSocket(there);
          const all = [];
          socket.binaryType = "arraybuffer";
          socket.onerror = reject;
          socket.onopen = () => {
            socket.send("text");
            socket.send(new Uint8Array(1 << 20));
            socket.send("close");
          };
          socket.onmessage = ({ data }) => all.push(data.byteLength ?? data);
          socket.onclose = ({ code, reason }) =>
            resolve([...all, code, reason, socket.extensions]);
        }),
      `wss://localhost:${port}/socket`,
    );
    assert.deepEqual(seen, ["text", 1 << 20, 4000, "as you wish", "permessage-deflate"]);
    const { sockets } = await until(page, () => true);
    assert.equal(sockets.length, 1);
    assert.equal(sockets[0].upgrade, "websocket");
    // An extended CONNECT is answered with 200, an upgrade of HTTP/1.1 with 101.
    assert.deepEqual(page.handshakes, [200]);
  },

  async "many WebSockets"(page, port) {
    const echoed = await page.run(async (there) => {
      const talk = (i) =>
        new Promise((resolve, reject) => {
          const socket = new WebSocket(there);
          socket.onerror = reject;
          socket.onopen = () => socket.send(`hello ${i}`);
          socket.onmessage = ({ data }) => (resolve(data), socket.close());
        });
      return Promise.all(Array.from({ length: 50 }, (_, i) => talk(i)));
    }, `wss://localhost:${port}/socket`);
    assert.deepEqual(
      echoed,
      Array.from({ length: 50 }, (_, i) => `hello ${i}`),
    );
    assert.deepEqual(new Set(page.handshakes), new Set([200]));
  },
};
