import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { WebSocket } from "ws";
import { cases } from "./cases.mjs";

/** Starts the browser; its address for the DevTools protocol. */
async function start(program, fingerprint, folder) {
  const browser = spawn(program, [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    `--user-data-dir=${folder}`,
    `--ignore-certificate-errors-spki-list=${fingerprint}`,
    "about:blank",
  ]);
  process.on("exit", () => browser.kill("SIGKILL"));
  for await (const line of createInterface({ input: browser.stderr })) {
    const address = line.match(/^DevTools listening on (.*)$/);
    if (address) {
      browser.stderr.resume();
      return address[1];
    }
  }
  throw new Error("the browser has ended");
}

/** One page of the browser, as the DevTools protocol has it. */
class Page {
  #socket;
  #session;
  #waiting = new Map();
  #next = 1;
  handshakes = [];

  /** What the site has told last. */
  told = {};

  static async open(address) {
    const page = new Page();
    page.#socket = new WebSocket(address, { perMessageDeflate: false });
    await once(page.#socket, "open");
    page.#socket.on("message", (data) => page.#heard(JSON.parse(data)));
    const { targetId } = await page.send("Target.createTarget", { url: "about:blank" });
    const attached = await page.send("Target.attachToTarget", { targetId, flatten: true });
    page.#session = attached.sessionId;
    await page.send("Network.enable", {});
    return page;
  }

  #heard({ id, result, error, method, params }) {
    if (method === "Network.webSocketHandshakeResponseReceived") {
      this.handshakes.push(params.response.status);
    }
    const { resolve, reject } = this.#waiting.get(id) ?? {};
    this.#waiting.delete(id);
    error ? reject?.(new Error(error.message)) : resolve?.(result);
  }

  send(method, params) {
    const id = this.#next++;
    this.#socket.send(JSON.stringify({ id, method, params, sessionId: this.#session }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** Runs a function in the page; what it returns. */
  async run(what, ...given) {
    const answer = await this.send("Runtime.evaluate", {
      expression: `(${what})(...${JSON.stringify(given)})`,
      awaitPromise: true,
      returnByValue: true,
    });
    if (answer.exceptionDetails) {
      throw new Error(answer.exceptionDetails.exception?.description ?? "an exception");
    }
    return answer.result.value;
  }
}

export async function visit(program, port, fingerprint, folder) {
  const page = await Page.open(await start(program, fingerprint, folder));
  const origin = `https://localhost:${port}`;
  await page.send("Page.enable", {});
  const { errorText } = await page.send("Page.navigate", { url: origin + "/" });
  if (errorText) {
    throw new Error(`no page: ${errorText}`);
  }
  while ((await page.run(() => document.readyState + location.origin)) !== "complete" + origin) {
    await wait(20);
  }
  for (const [name, run] of Object.entries(cases)) {
    const late = wait(40_000, undefined, { ref: false }).then(() => {
      throw new Error(`takes too long; the site says ${JSON.stringify(page.told)}`);
    });
    try {
      await Promise.race([run(page, port), late]);
      console.log("ok", name);
    } catch (error) {
      console.log(`bad ${name}: ${String(error.stack).replaceAll("\n", "; ")}`);
    }
  }
  process.exit();
}
