import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { WebSocketServer } from "ws";
import * as streams from "./streams.mjs";

const MEGABYTE = 1 << 20;

/** What clients ask for with the path /told. */
const told = { pings: [], pongs: [], closed: [], flooded: 0, slow: 0 };
let slow = null;

const paths = {
  "/echo": (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })),

  /** Closes with what it is told. */
  "/close": (socket) =>
    socket.on("message", (data) => {
      const { code, reason } = JSON.parse(data);
      code ? socket.close(code, reason) : socket.terminate();
    }),

  "/told": (socket) => socket.send(JSON.stringify(told)),

  "/ping": (socket) => {
    socket.on("pong", (data) => told.pongs.push(String(data)));
    socket.ping("from the server");
  },

  /** Sends as fast as it may, and notes down what has gone. */
  "/flood": (socket, url) => {
    let left = Number(url.searchParams.get("megabytes"));
    const next = (error) => {
      if (!error && left-- > 0) {
        socket.send(Buffer.alloc(MEGABYTE), { compress: false }, (failure) => {
          told.flooded++;
          next(failure);
        });
      } else {
        socket.close(1000);
      }
    };
    next();
  },

  /** Reads nothing until /wake; answers with the length of all messages. */
  "/slow": (socket) => {
    slow = socket;
    let total = 0;
    socket.pause();
    socket.on("message", (data) => {
      total += data.length;
      if (String(data.subarray(0, 3)) === "end") {
        socket.send(String(total));
      }
    });
  },

  "/wake": (socket) => {
    slow.resume();
    socket.close();
  },
};

export function accept(socket, path) {
  const url = new URL(path, "http://peer");
  socket.on("error", () => {});
  socket.on("ping", (data) => told.pings.push(String(data)));
  socket.on("close", (code, reason) => told.closed.push(`${code} ${reason}`));
  paths[url.pathname](socket, url);
}

/** Version 1 takes upgrades, version 2 extended CONNECT. */
export async function serve(version, certificate, key) {
  const secrets = certificate && { cert: readFileSync(certificate), key: readFileSync(key) };
  const server =
    version === "2"
      ? streams.createServer(secrets)
      : secrets
        ? https.createServer(secrets)
        : http.createServer();
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: { threshold: 0 },
    handleProtocols: (offered) => (offered.has("chat.2") ? "chat.2" : false),
  });
  const upgrade = (request, socket, head) => {
    if (request.url === "/refused") {
      socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (made) => accept(made, request.url));
  };
  version === "2" ? streams.acceptStreams(server, upgrade) : server.on("upgrade", upgrade);
  server.listen(0, "127.0.0.1", () => console.log("port", server.address().port));
  process.stdin.on("end", () => process.exit()).resume();
}
