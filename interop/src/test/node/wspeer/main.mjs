// A client and a server of the library ws, for tests of what stands between them.
//
//   node main.mjs serve VERSION [CERTIFICATE KEY]   of HTTP, 1 or 2; says "port N"
//   node main.mjs call URL [ROOTS]   runs every case and says "ok CASE" or "bad CASE: WHY"
import { call } from "./client.mjs";
import { serve } from "./server.mjs";

const [verb, ...rest] = process.argv.slice(2);
await { serve, call }[verb](...rest);
