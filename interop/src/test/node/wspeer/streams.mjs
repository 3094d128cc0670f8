import { randomBytes } from "node:crypto";
import http2 from "node:http2";
import { Duplex } from "node:stream";

/**
 * What the library takes for the socket of an upgrade of HTTP/1.1, and is a stream of HTTP/2: the
 * head of the answer becomes that of the stream (RFC 8441), and the rest its data.
 */
class StreamSocket extends Duplex {
  #stream;
  #head = "";

  constructor(stream) {
    super({ allowHalfOpen: true });
    this.#stream = stream;
    stream.on("data", (octets) => this.push(octets) || stream.pause());
    stream.on("end", () => this.push(null));
    stream.on("error", (error) => this.destroy(error));
    stream.on("close", () => this.destroy());
  }

  setTimeout() {}
  setNoDelay() {}

  _read() {
    this.#stream.resume();
  }

  _write(octets, encoding, done) {
    if (this.#stream.headersSent) {
      this.#stream.write(octets, done);
      return;
    }
    this.#head += octets.toString("latin1");
    if (this.#head.endsWith("\r\n\r\n")) {
      const [first, ...lines] = this.#head.trim().split("\r\n");
      const fields = Object.fromEntries(lines.map((line) => line.split(/: (.*)/).slice(0, 2)));
      for (const ofHop of ["Upgrade", "Connection", "Sec-WebSocket-Accept"]) {
        delete fields[ofHop];
      }
      const status = Number(first.split(" ")[1]);
      this.#stream.respond({ ":status": status === 101 ? 200 : status, ...fields });
    }
    done();
  }

  _final(done) {
    this.#stream.end(done);
  }

  _destroy(error, done) {
    if (!this.#stream.writableEnded) {
      this.#stream.close(http2.constants.NGHTTP2_CANCEL);
    }
    done(error);
  }
}

/** Has every extended CONNECT of a server taken for the upgrade that it stands for. */
export function acceptStreams(server, upgrade) {
  server.on("stream", (stream, fields) => {
    if (fields[":protocol"] !== "websocket") {
      stream.respond({ ":status": 404 }, { endStream: true });
      return;
    }
    const headers = {
      ...fields,
      upgrade: "websocket",
      connection: "upgrade",
      "sec-websocket-key": randomBytes(16).toString("base64"),
    };
    const request = { method: "GET", url: fields[":path"], headers };
    upgrade(request, new StreamSocket(stream), Buffer.alloc(0));
  });
}

/** A server of HTTP/2 that announces extended CONNECT, in clear text or with these secrets. */
export function createServer(secrets) {
  const settings = { enableConnectProtocol: true };
  return secrets
    ? http2.createSecureServer({ settings, ...secrets })
    : http2.createServer({ settings });
}
