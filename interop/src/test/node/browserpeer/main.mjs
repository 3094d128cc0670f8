// A website, and headless Chromium that visits it, for tests of what stands between them.
//
//   node main.mjs serve                                 says "port N"
//   node main.mjs visit PROGRAM PORT FINGERPRINT FOLDER runs every case in a page; says "ok CASE" or
//                                                       "bad CASE: WHY"
import { serve } from "./site.mjs";
import { visit } from "./visitor.mjs";

const [verb, ...rest] = process.argv.slice(2);
await { serve, visit }[verb](...rest);
