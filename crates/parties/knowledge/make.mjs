// Makes the tables of this folder from packages of the npm registry.
//
// Run by hand, in an empty folder that may be thrown away:
//
//   npm pack trackhar@1.0.0 third-party-web@0.30.0 @ip-location-db/asn-country@2.3.2026061719
//   npm install --ignore-scripts ./trackhar-1.0.0.tgz
//   node PATH/TO/crates/parties/knowledge/make.mjs .
//
// It checks the SHA-256 of the three archives against those below (SOURCES.md says the same), unpacks two of
// them beside it, and writes trackers.json, organisations.json and countries.bin. It prints how many adapters
// became rows, and why the others did not.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { deflateRawSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const work = resolve(process.argv[2] ?? ".");

const ARCHIVES = {
  "trackhar-1.0.0.tgz": "d98b89d7e1b5c54edc1a81df12390421ebfd613d0ca98f9f94b801e315cc5d34",
  "third-party-web-0.30.0.tgz": "1ad015c9187d88d6adfe0ab7d5b9febefa7a093b776bdf97d43ba138f4179041",
  "ip-location-db-asn-country-2.3.2026061719.tgz": "f1ba738e7a4c3f5b5fd1ccef47576ad797625a9d8efd5f2fb06a3abef3db3b91",
};

for (const [name, wanted] of Object.entries(ARCHIVES)) {
  const found = createHash("sha256").update(readFileSync(join(work, name))).digest("hex");
  if (found !== wanted) throw new Error(`${name}: SHA-256 is ${found}, not ${wanted}`);
}

/** One file of an archive. */
function unpacked(archive, file) {
  const folder = join(work, archive.replace(/\.tgz$/, ""));
  mkdirSync(folder, { recursive: true });
  execFileSync("tar", ["xzf", join(work, archive), "-C", folder]);
  return readFileSync(join(folder, "package", file), "utf8");
}

/** One entry a line, so that differences can be read. */
function lines(entries) {
  return "[\n" + entries.map((entry) => JSON.stringify(entry)).join(",\n") + "\n]\n";
}

const byCode = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

// ---- trackers.json -------------------------------------------------------------------------------------

/** The same regular expression in the syntax of the Rust crate `regex`, where a brace that repeats nothing
 * has to be escaped. */
function rust(regex) {
  if (/[^i]/.test(regex.flags) || /\(\?[=!<]|\\[1-9bBpPuxkc]/.test(regex.source)) return undefined;
  const source = regex.source.replaceAll("\\/", "/").replace(/(\\.)|\{(?!\d+(,\d*)?\})/g, (all, escaped) => escaped ?? "\\{");
  return (regex.flags.includes("i") ? "(?i)" : "") + source;
}

/** The conditions that adapters put on a request, as they are written there. */
const CONDITIONS = new Map(
  Object.entries({
    "(r)=>r.content?.startsWith('{\"')": { body_starts: '{"' },
    "(r)=>!r.content?.startsWith('{\"')": { body_starts_not: '{"' },
    "(r)=>!!r.content": "body_present",
    '(r)=>r.content?.includes("format=json&")': { body_has: ["format=json&"] },
    '(r)=>r.content?.includes("ae=H4s")': { body_has: ["ae=H4s"] },
    '(r)=>r.content?.includes("ae=ewo") || r.content?.includes("ae=ey")': { body_has: ["ae=ewo", "ae=ey"] },
    '(r)=>r.path.includes("?")': { path_has: "?" },
    '(r)=>r.method === "POST"': { method: "POST" },
  }),
);

const FUNCTIONS = new Set([
  "parseQueryString", "parseJson", "decodeBase64", "decodeUrl", "decodeProtobuf", "decodeJwt", "ensureArray",
  "getProperty", "gunzip", "split",
]);

/** Whether the paths of `src/trackers/path.rs` cover this one: names, `*`, `..`, and filters that join
 * comparisons, `startsWith` and `match` by `&&`. */
function isPath(path) {
  const name = String.raw`(?:[\w$-]+|\*)`;
  const operand = String.raw`@(?:property|parent\.\w+|\.\w+(?=\s*={2})|\[\d+\])?`;
  const term = String.raw`!?${operand}(?:\.startsWith\((?:'[^']*'|"[^"]*")\)|\.match\(\/[^/]+\/i?\)|\s*={2,3}\s*(?:'[^']*'|"[^"]*"|\d+))`;
  const filter = String.raw`\[\?\(${term}(?:\s*&&\s*${term})*\)\]`;
  const quoted = String.raw`\["[^"\]]+"\]`;
  return new RegExp(`^(?:\\$|${name})(?:\\.\\.?${name}|${filter}|${quoted})*$`).test(path);
}

/** A condition on a value: the string that it has to be, or a regular expression. */
function condition(wanted) {
  if (wanted === undefined) return undefined;
  if (typeof wanted === "string") return { is: wanted };
  const regex = rust(wanted);
  if (regex === undefined) throw new Error(`regular expression ${wanted}`);
  return { matches: regex };
}

function endpoint(url) {
  if (typeof url === "string") return { url };
  const regex = rust(url);
  if (regex === undefined) throw new Error(`regular expression ${url}`);
  const host = /^\^?https:\/\/([^/]+)\//.exec(regex);
  if (!host) throw new Error(`no host in ${url}`);
  return { matches: regex, host: `^${host[1]}$` };
}

function step(from) {
  if (!FUNCTIONS.has(from.function)) throw new Error(`decoding step ${from.function}`);
  const option = from.options?.path ?? from.options?.separator;
  if (from.function === "getProperty" && !isPath(option)) throw new Error(`path ${option}`);
  for (const path of [from.input ?? from.mapInput, from.output]) {
    if (!isPath(path)) throw new Error(`path ${path}`);
  }
  const row = [from.function, from.input ?? from.mapInput, from.output];
  if (option !== undefined || from.mapInput !== undefined) row.push(option ?? null);
  if (from.mapInput !== undefined) row.push("each");
  return row;
}

function row(adapter) {
  const fields = [];
  for (const [property, paths] of Object.entries(adapter.containedDataPaths)) {
    for (const path of [paths].flat()) {
      if (!isPath(path.path)) throw new Error(`path ${path.path}`);
      const field = [property, path.context, path.path, path.reasoning];
      const only = condition(path.onlyIf);
      const not = condition(path.notIf);
      if (only || not) field.push(only ?? null);
      if (not) field.push(not);
      fields.push(field);
    }
  }
  let when;
  if (adapter.match) {
    when = CONDITIONS.get(adapter.match.toString());
    if (!when) throw new Error(`condition ${adapter.match}`);
  }
  return { when, steps: adapter.decodingSteps.map(step), fields };
}

const trackhar = await import(pathToFileURL(join(work, "node_modules/trackhar/dist/index.js")));
const trackers = [];
let expressible = 0;
// The order is kept: where two adapters take the same request, the first one has it.
for (const adapter of trackhar.adapters) {
  const entry = {
    adapter: `${adapter.tracker.slug}/${adapter.slug}`,
    tracker: adapter.tracker.name,
    name: adapter.name,
  };
  entry.endpoints = adapter.endpointUrls.map(endpoint);
  try {
    Object.assign(entry, row(adapter));
    expressible++;
  } catch (error) {
    console.log(`${entry.adapter}: name only (${error.message})`);
  }
  trackers.push(entry);
}
writeFileSync(join(here, "trackers.json"), lines(trackers));
const fields = trackers.reduce((sum, entry) => sum + (entry.fields?.length ?? 0), 0);
console.log(`trackers.json: ${trackers.length} adapters, ${expressible} with steps (${fields} data paths), ${trackers.length - expressible} names only`);

// ---- organisations.json --------------------------------------------------------------------------------

const entities = JSON.parse(unpacked("third-party-web-0.30.0.tgz", "dist/entities-nostats.json"));
const organisations = entities
  .map((entity) => [entity.name, entity.company ?? entity.name, entity.category, [...entity.domains].sort(byCode)])
  .sort((a, b) => byCode(a[0], b[0]));
writeFileSync(join(here, "organisations.json"), lines(organisations));
console.log(`organisations.json: ${organisations.length} entities, ${organisations.reduce((sum, o) => sum + o[3].length, 0)} domains`);

// ---- countries.bin -------------------------------------------------------------------------------------
//
// Deflated: the number of codes as one byte, the codes as two letters each; then for IPv4 and for IPv6: the
// number of ranges; for each range its start, as the distance to the start before; for each range one byte,
// 0 for no country or 1 + which code. Numbers are LEB128. A range ends where the next one starts. Starts are
// addresses (IPv4) or the upper 64 bits of addresses (IPv6; no range of the source cuts a /64).

function leb128(value, out) {
  let rest = BigInt(value);
  do {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    out.push(rest ? byte | 0x80 : byte);
  } while (rest);
}

/** Starts and countries, neighbours of one country joined, holes as ranges without a country. */
function ranges(text, lowBits) {
  const out = [];
  let next = 0n;
  const push = (start, code) => {
    if (out.length === 0 ? code !== "" : out.at(-1)[1] !== code) out.push([start, code]);
  };
  for (const line of text.trim().split("\n")) {
    const [from, to, code] = line.split(",");
    const start = BigInt(from);
    const end = BigInt(to) + 1n;
    const mask = (1n << lowBits) - 1n;
    if (start & mask || end & mask) throw new Error(`${line} cuts what is kept of an address`);
    if (start < next || end <= start) throw new Error(`${line} is out of order`);
    if (!/^[A-Z]{2}$/.test(code)) throw new Error(`${line} has no country code`);
    if (start > next) push(next >> lowBits, "");
    push(start >> lowBits, code);
    next = end;
  }
  push(next >> lowBits, "");
  return out;
}

const archive = "ip-location-db-asn-country-2.3.2026061719.tgz";
const tables = [
  ranges(unpacked(archive, "asn-country-ipv4-num.csv"), 0n),
  ranges(unpacked(archive, "asn-country-ipv6-num.csv"), 64n),
];
const codes = [...new Set(tables.flat().map((range) => range[1]))].filter((code) => code !== "").sort(byCode);
const bytes = [codes.length, ...Buffer.from(codes.join(""))];
for (const table of tables) {
  leb128(table.length, bytes);
  let before = 0n;
  for (const [start] of table) {
    leb128(start - before, bytes);
    before = start;
  }
  for (const [, code] of table) bytes.push(code === "" ? 0 : 1 + codes.indexOf(code));
}
const packed = deflateRawSync(Buffer.from(bytes), { level: 9, memLevel: 9 });
writeFileSync(join(here, "countries.bin"), packed);
console.log(`countries.bin: ${tables[0].length} and ${tables[1].length} ranges, ${codes.length} countries, ${bytes.length} bytes, packed ${packed.length}`);
