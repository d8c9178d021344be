// Makes tests/oracle.json: requests to every adapter of trackhar, and what trackhar itself finds in them.
//
// Run by hand in the folder of make.mjs:
//
//   node PATH/TO/crates/parties/knowledge/oracle.mjs .
//
// A request is made backwards: values are put at the paths that an adapter names, then its decoding steps are
// undone from the last to the first. Numbers are drawn from a seed, so the file is the same each time.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { createRequire } from "node:module";

const here = dirname(fileURLToPath(import.meta.url));
const work = resolve(process.argv[2] ?? ".");
const { adapters, processRequest } = await import(pathToFileURL(join(work, "node_modules/trackhar/dist/index.js")));
const qs = createRequire(join(work, "node_modules/trackhar/dist/index.js"))("qs");

/** mulberry32: small, and the same everywhere. */
function seeded(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const random = seeded(1);
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const hex = (digits) => Array.from({ length: digits }, () => below(16).toString(16)).join("");
const uuid = () => [8, 4, 4, 4, 12].map(hex).join("-");

/** Values as apps send them. */
const REAL = {
  advertisingId: uuid,
  carrier: () => pick(["Carrier A", "26201"]),
  city: () => "Berlin",
  language: () => pick(["de_DE", "en-US"]),
  latitude: () => "52.5",
  longitude: () => "13.4",
  manufacturer: () => "Maker",
  model: () => pick(["Pixel 7", "SM-G991B"]),
  timezone: () => pick(["Europe/Berlin", "GMT+01:00"]),
  userAgent: () => "Mozilla/5.0 (Linux; Android 14)",
};

/** Values that trackhar leaves out, or that are no text. */
const ODD = ["unknown", "NULL", " ", "", "none", "n/a", "0", "null", "00000000-0000-0000-0000-000000000000", "[]", "undefined"];
const TYPED = [0, 1.5, -3, true, false, null, 1e21, [], {}, ["a", 2], { b: { c: "d" } }, 1700000000000];

function value(property, kind, typed) {
  if (kind === 1 && random() < 0.4) return pick(ODD);
  if (kind === 1 && typed && random() < 0.5) return pick(TYPED);
  return REAL[property] ? REAL[property]() : `${property.slice(0, 6)} ${hex(4)}`;
}

/** The parts of a path; filters whole. */
function parts(path) {
  const out = [];
  const part = /\[\?\((.*?)\)\](?=\.|$)|\["([^"]+)"\]|(\.\.)|\.?([^.[]+)/g;
  for (const [, filter, quoted, below, name] of path.matchAll(part)) {
    if (filter !== undefined) out.push({ filter });
    else if (below) continue;
    else out.push(quoted ?? name);
  }
  return out[0] === "$" ? out.slice(1) : out;
}

/** What a filter wants: the name that its element has to have, and the members of element and parent. */
function wishes(filter) {
  const wish = { name: undefined, starts: undefined, members: {}, parent: {} };
  for (const term of filter.split(" && ")) {
    let m;
    if ((m = /^@property\.match\(\/\^(.*)\$\/i?\)$/.exec(term))) wish.name = m[1].replace(".*", "x").replace("\\d+", "7");
    else if ((m = /^@property\.startsWith\("(.*)"\)$/.exec(term))) wish.name = m[1] + "7";
    else if ((m = /^@property === "(.*)"$/.exec(term))) wish.name = m[1];
    else if ((m = /^@\.startsWith\('(.*)'\)$/.exec(term))) wish.starts = m[1];
    else if ((m = /^@\.match\(\/(.*)\/i\)$/.exec(term))) wish.starts = m[1];
    else if ((m = /^!@/.exec(term))) continue;
    else if ((m = /^@parent\.(\w+) === '(.*)'$/.exec(term))) wish.parent[m[1]] = m[2];
    else if ((m = /^@(?:\.(\w+)|\[(\d+)\]) ={2,3} (?:'(.*)'|(\d+))$/.exec(term))) wish.members[m[1] ?? m[2]] = m[3] ?? Number(m[4]);
    else throw new Error(`filter ${filter}`);
  }
  return wish;
}

const isObject = (v) => v !== null && typeof v === "object";

/** Puts a value where a path leads. */
function put(node, path, what) {
  if (path.length === 0) return what;
  const [first, ...rest] = path;
  if (first === "*" || (isObject(first) && wishes(first.filter).name === undefined)) {
    const wish = first === "*" ? { members: {}, parent: {} } : wishes(first.filter);
    const list = Array.isArray(node) ? node : [];
    const fits = list.findIndex((e) => rest.length && isObject(e) && Object.entries(wish.members).every(([k, v]) => e[k] === v));
    const at = fits >= 0 && Object.keys(wish.members).length + rest.length ? fits : list.length;
    const text = wish.starts !== undefined ? wish.starts + (typeof what === "string" ? what : "x") : what;
    list[at] = put(list[at], rest, rest.length ? what : text);
    if (isObject(list[at])) Object.assign(list[at], wish.members);
    return list;
  }
  const name = isObject(first) ? wishes(first.filter).name : first;
  const wish = isObject(first) ? wishes(first.filter) : {};
  if (rest.length === 0 && wish.starts) what = wish.starts + what;
  const object = isObject(node) ? node : {};
  object[name] = put(object[name], rest, what);
  return object;
}

/** The value at a plain path. */
function get(node, path) {
  for (const name of path) {
    if (name === "*") {
      if (!isObject(node)) return undefined;
      const rest = path.slice(path.indexOf("*") + 1);
      return Object.values(node).map((e) => get(e, rest));
    }
    node = isObject(node) ? node[name] : undefined;
  }
  return node;
}

// ---- protocol buffers ----------------------------------------------------------------------------------

function varint(number, out) {
  let rest = BigInt(number);
  do {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    out.push(rest ? byte | 0x80 : byte);
  } while (rest);
}

/** Lists of one come out of a message as no list, and paths with `*` pass them by: so they are written twice,
 * but not in the last of the requests. */
let twice = true;

function message(object) {
  const out = [];
  for (const [key, values] of Object.entries(object)) {
    if (!/^\d+$/.test(key)) continue;
    const list = Array.isArray(values) ? values : [values];
    for (const v of Array.isArray(values) && list.length === 1 && twice ? [list[0], list[0]] : list) {
      if (typeof v === "number" && Number.isInteger(v) && v >= 0) {
        varint(Number(key) * 8, out);
        varint(v, out);
      } else if (v !== null && v !== undefined) {
        const bytes = isObject(v) && !Array.isArray(v) ? message(v) : Buffer.from(String(v));
        varint(Number(key) * 8 + 2, out);
        varint(bytes.length, out);
        out.push(...bytes);
      }
    }
  }
  return Buffer.from(out);
}

// ---- steps, backwards ----------------------------------------------------------------------------------

const binary = (text) => (typeof text === "string" ? Buffer.from(text, "binary") : Buffer.from(String(text)));

const UNDO = {
  parseQueryString: (v) => (isObject(v) ? qs.stringify(v) : String(v)),
  parseJson: (v) => JSON.stringify(v),
  decodeBase64: (v) => binary(v).toString("base64"),
  decodeUrl: (v) => encodeURIComponent(v),
  decodeProtobuf: (v) => message(isObject(v) ? v : {}).toString("binary"),
  decodeJwt: (v) => `e30.${Buffer.from(JSON.stringify(v)).toString("base64url")}.x`,
  ensureArray: (v) => v,
  gunzip: (v) => gzipSync(binary(v)).toString("binary"),
  split: (v, o) => (Array.isArray(v) ? v.join(o.separator) : String(v)),
};

function undo(vars, step) {
  const output = step.output.split(".");
  const made = get(vars, output);
  if (made === undefined) return;
  const holder = get(vars, output.slice(0, -1));
  const input = (step.input ?? step.mapInput).split(".");
  if (step.function === "getProperty") {
    const path = step.options.path;
    if (step.output !== (step.input ?? "") && output[0] === "res" && path !== "$" && isObject(holder)) delete holder[output.at(-1)];
    if (path === "$") put(vars, input, isObject(made) && isObject(get(vars, input)) ? Object.assign(get(vars, input), made) : made);
    else if (step.mapInput) put(vars, input, made.map((e) => ({ [path]: e })));
    else if (Array.isArray(made) && path.includes("[?(")) {
      for (const e of made) {
        // Each gets an element of its own: the filter's wishes, and the value below it.
        const whole = parts(path);
        const base = get(vars, input) ?? {};
        place(base, whole, e);
        put(vars, input, base);
      }
    } else put(vars, [...input, ...parts(path)], made);
    return;
  }
  if (step.output !== (step.input ?? step.mapInput) && isObject(holder) && output.length > 2) delete holder[output.at(-1)];
  const packed = step.mapInput ? made.map((e) => UNDO[step.function](e, step.options)) : UNDO[step.function](made, step.options);
  if (step.mapInput && step.mapInput.includes("*")) {
    const path = parts(step.mapInput);
    for (const e of packed) {
      const object = get(vars, path.slice(0, path.indexOf("*"))) ?? [];
      object.push(put({}, path.slice(path.indexOf("*") + 1), e));
      put(vars, path.slice(0, path.indexOf("*")), object);
    }
  } else put(vars, input, packed);
}

/** Puts a value below a filter, in an element of its own. */
function place(node, path, what) {
  const at = path.findIndex((p) => isObject(p));
  const wish = wishes(path[at].filter);
  const behind = path.slice(at + 1);
  const element = Object.assign(put({}, behind, what), wish.members);
  const before = path.slice(0, at);
  if (Object.keys(wish.parent).length) {
    // `...*.name[?(@parent.x === ...)]`: one more element of the list before, with a list of one.
    const star = before.lastIndexOf("*");
    const list = get(node, before.slice(0, star)) ?? [];
    list.push({ ...wish.parent, [before.at(-1)]: [element] });
    put(node, before.slice(0, star), list);
  } else {
    const list = get(node, before) ?? [];
    put(node, before, Array.isArray(list) ? [...list, element] : [list, element]);
  }
}

// ---- requests ------------------------------------------------------------------------------------------

function endpoint(url) {
  if (typeof url === "string") return url;
  return url.source
    .replace(/^\^|\$$/g, "")
    .replaceAll("\\/", "/")
    .replace(/\(([^()|]*)[^()]*\)\??/g, "$1")
    .replace(/\[0-9a-fA-F\]\{(\d+)\}/g, (_, n) => hex(Number(n)))
    .replace(/\\d\{1,2\}|\\d\+|\\d/g, () => String(1 + below(9)))
    .replace(/(\w|-)\?/g, "$1")
    .replaceAll(".+", "x")
    .replaceAll("\\.", ".");
}

const jsonOf = (context, adapter) => adapter.decodingSteps.some((s) => s.function === "parseJson" && s.output.startsWith(`res.${context}`));

/** A request to an adapter: 0 with all paths, 1 with odd values among them, 2 with half of them; or with one path
 * alone. */
function request(adapter, kind, alone) {
  const vars = { res: {} };
  twice = kind !== 2;
  for (const [property, paths] of Object.entries(adapter.containedDataPaths)) {
    for (const path of [paths].flat()) {
      if (alone ? path !== alone : kind === 2 && random() < 0.5) continue;
      const to = parts(path.path);
      if (to.length === 0) continue;
      const what = typeof path.onlyIf === "string" ? path.onlyIf
        : path.onlyIf ? pick(["org.example.app", "/x", "abc-de-fghij", "DBAB1", uuid(), "no"]) : value(property, kind, jsonOf(path.context, adapter));
      const taken = typeof path.notIf === "string" && kind === 1 && random() < 0.5 ? path.notIf : what;
      vars.res[path.context] = put(vars.res[path.context], to, taken);
    }
  }
  for (const step of [...adapter.decodingSteps].reverse()) undo(vars, step);
  const flat = (object) => Object.entries(isObject(object) ? object : {}).map(([name, v]) => ({ name, value: String(isObject(v) ? JSON.stringify(v) : v) }));
  const url = endpoint(pick(adapter.endpointUrls));
  const at = new URL(url);
  let body = vars.body === undefined ? undefined : String(vars.body);
  if (body === undefined && adapter.match && jsonOf("body", adapter)) body = '{"x":1}';
  if (adapter.slug === "graph-activities-qs") body = `format=json&${body}`;
  const query = vars.query === undefined ? "" : `?${vars.query}`;
  const cookies = flat(vars.cookie).map(({ name, value }) => ({ name, value: value.replace(/[;\s]/g, "_") }));
  const headers = flat(vars.header).filter(({ name }) => name.toLowerCase() !== "cookie");
  return {
    method: body === undefined && adapter.slug !== "bugsnag-sessions" ? "GET" : "POST",
    scheme: at.protocol.replace(":", ""),
    host: at.host,
    path: (typeof vars.path === "string" ? vars.path : at.pathname) + query,
    endpointUrl: `${at.protocol}//${at.host}${at.pathname}`,
    headers,
    cookies,
    content: body,
  };
}

const shown = (v) => (typeof v === "string" ? v : JSON.stringify(v));

const cases = [];

/** Asks trackhar, and keeps request and answer. Gives the paths that were reached. */
function ask(adapter, kind, alone) {
  const id = `${adapter.tracker.slug}/${adapter.slug}`;
  const made = request(adapter, kind, alone);
  let fields;
  try {
    fields = processRequest(made) ?? [];
  } catch (error) {
    // trackhar gives up on a request whose value a filter cannot be asked of; so there is nothing to compare.
    console.log(`${id}: trackhar fails (${error.message})`);
    return [];
  }
  const own = fields.filter((f) => f.adapter === id).map((f) => `${f.property} ${f.context} ${f.path}`);
  if (alone && own.length === 0) return [];
  cases.push({
    adapter: id,
    method: made.method,
    host: made.host,
    path: made.path,
    headers: made.headers.map(({ name, value }) => [name, value]),
    cookies: made.cookies.map(({ name, value }) => [name, value]),
    body: made.content === undefined ? "" : Buffer.from(made.content, "binary").toString("base64"),
    fields: fields.map((f) => [f.adapter === id ? "" : f.adapter, f.property, f.context, f.path, shown(f.value)]),
  });
  return own;
}

let all = 0;
let reached = 0;
for (const adapter of adapters) {
  const seen = new Set([0, 1, 2].flatMap((kind) => ask(adapter, kind)));
  for (const [property, paths] of Object.entries(adapter.containedDataPaths)) {
    for (const path of [paths].flat()) {
      const name = `${property} ${path.context} ${path.path}`;
      // What did not come along with the others may come by itself; some values are drawn until they fit.
      for (let tries = 0; tries < 60 && !seen.has(name); tries++) {
        for (const own of ask(adapter, 2, path)) seen.add(own);
      }
      all++;
      if (seen.has(name)) reached++;
      else console.log(`not reached: ${adapter.tracker.slug}/${adapter.slug} ${name}`);
    }
  }
}
console.log(`${cases.length} requests, ${cases.reduce((n, c) => n + c.fields.length, 0)} fields, ${reached} of ${all} paths`);
const out = "[\n" + cases.map((c) => JSON.stringify(c)).join(",\n") + "\n]\n";
writeFileSync(join(here, "../tests/oracle.json"), out);
console.log(`${out.length} bytes`);
