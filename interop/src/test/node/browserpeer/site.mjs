import { createHash } from "node:crypto";
import http from "node:http";
import { gzipSync } from "node:zlib";
import { WebSocketServer } from "ws";

/** What pages ask for with the path /told. */
const told = { methods: [], aborted: 0, begun: 0, revalidated: 0, cookies: "", sockets: [] };
const stages = [];
const stalled = [];

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) {
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const paths = {
  "/": (request, response) => {
    response.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" });
    response.setHeader("set-cookie", ["a=1; Path=/; Secure", "b=2; Path=/; Secure"]);
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(
      "<!doctype html><title>Ärger</title><link rel=stylesheet href=/style.css>" +
        "<script src=/script.js></script><p id=text>hello</p>",
    );
  },
  "/style.css": (request, response) => {
    response.setHeader("content-type", "text/css");
    response.setHeader("cache-control", "max-age=60");
    response.end("p { color: rgb(1, 2, 3) }");
  },
  "/script.js": (request, response) => {
    response.setHeader("content-type", "text/javascript");
    response.end("globalThis.loaded = true;");
  },
  "/told": (request, response) => response.end(JSON.stringify(told)),
  "/cookies": (request, response) => response.end(request.headers.cookie),

  /** Says a part at a time, when it is told to by /next. */
  "/stream": (request, response) => {
    response.write("begin\n");
    const next = () => stages.push(() => (response.write("part\n"), next()));
    next();
  },
  "/next": (request, response) => {
    stages.shift()();
    response.end();
  },

  "/upload": async (request, response) => {
    told.begun++;
    const body = await bodyOf(request).catch(() => null);
    if (body === null) {
      told.aborted++;
      return;
    }
    const hash = createHash("sha256").update(body).digest("hex");
    response.end(`${body.length} ${hash} ${request.headers["transfer-encoding"] ?? "sized"}`);
  },

  /** Reads nothing of an upload until it is told to by /resume; nobody has it all in buffers. */
  "/stalled": (request, response) => {
    told.begun++;
    stalled.push(request);
    request.on("error", () => told.aborted++).on("end", () => response.end("whole"));
  },
  "/resume": (request, response) => {
    stalled.shift().resume();
    response.end();
  },
  "/gzip": (request, response) => {
    response.setHeader("content-encoding", "gzip");
    response.end(gzipSync("again ".repeat(100_000)));
  },
  "/small": (request, response) => response.end(`answer to ${request.url}`),
  "/endless": (request, response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536))) {
        // As fast as it goes.
      }
    };
    response.on("drain", more).on("close", () => told.aborted++);
    more();
  },
  "/etag": (request, response) => {
    response.setHeader("etag", '"one"');
    response.setHeader("cache-control", "no-cache");
    if (request.headers["if-none-match"] === '"one"') {
      told.revalidated++;
      response.writeHead(304).end();
    } else {
      response.end("tagged");
    }
  },
  "/nothing": (request, response) => response.writeHead(204).end(),
  "/elsewhere": (request, response) => response.writeHead(302, { location: "/small?moved" }).end(),
  "/events": (request, response) => {
    response.setHeader("content-type", "text/event-stream");
    for (let i = 0; i < 3; i++) {
      response.write(`id: ${i}\ndata: event ${i}\n\n`);
    }
  },
  "/shared": async (request, response) => {
    told.methods.push(request.method);
    response.end(`shared ${request.headers["x-own"]} ${await bodyOf(request)}`);
  },
};

export function serve() {
  const server = http.createServer((request, response) => {
    const path = paths[request.url.split("?")[0]];
    path ? path(request, response) : response.writeHead(404).end("not found");
  });
  const sockets = new WebSocketServer({ server, path: "/socket", perMessageDeflate: true });
  sockets.on("connection", (socket, request) => {
    told.sockets.push(request.headers);
    socket.on("message", (data, binary) => {
      String(data) === "close" ? socket.close(4000, "as you wish") : socket.send(data, { binary });
    });
    socket.on("error", () => {});
  });
  server.listen(0, "127.0.0.1", () => console.log("port", server.address().port));
  process.stdin.on("end", () => process.exit()).resume();
}
