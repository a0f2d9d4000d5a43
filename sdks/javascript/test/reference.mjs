// The reference's examples, run against a real suite; run by `make test-sdks`.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Client, PagePromise } from "@atrium/sdk";

const steps = JSON.parse(await readFile(new URL("../../conformance/reference.json", import.meta.url)));
const saved = {};
const unique = randomBytes(4).toString("hex");
const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

/** The value with what earlier steps have saved. */
function filled(value) {
  if (typeof value === "string") {
    return value.replaceAll("{unique}", unique).replace(/\{(\w+)\.(\w+)\}/g, (_, name, field) => saved[name][field]);
  }
  if (Array.isArray(value)) return value.map(filled);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filled(each)]));
}

const client = new Client();
for (const step of steps) {
  const call = filled(step.call);
  const options = Object.fromEntries(Object.entries(filled(step.options ?? {})).map(([name, each]) => [camel(name), each]));
  const given = call.arguments === undefined ? [] : [call.arguments];
  const called = client[camel(call.resource)][camel(call.method)](...(call.path ?? []), ...given, options);
  const answer = called instanceof PagePromise ? (await called).data[0] : await called;
  for (const [name, value] of Object.entries(filled(step.expect ?? step.first ?? {}))) {
    assert.deepEqual(answer[name], value, `${call.resource}.${call.method}: ${name}`);
  }
  if (step.save) saved[step.save] = answer;
}
console.log(`all ${steps.length} examples work`);
