// The API explorer: reads /api/openapi.json, lets you pick an operation, fill it in, send it, and see the answer.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];
const FILLED_BY_PAGE = new Set(["x-workspace-id"]);
let api = null;

/** An element with attributes and children; text is always text, never markup. */
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const byId = (id) => document.getElementById(id);

/** Text with `code` between backticks. */
function prose(text) {
  return (text || "").split(/(`[^`]+`)/).map((part) =>
    part.startsWith("`") && part.length > 2 ? el("code", {}, part.slice(1, -1)) : part);
}

function resolve(schema) {
  let seen = 0;
  while (schema && schema.$ref && seen++ < 20) {
    schema = schema.$ref.split("/").slice(1).reduce((at, key) => at && at[decodeURIComponent(key)], api);
  }
  return schema || {};
}

const SAMPLES = { email: "ada@example.com", url: "https://example.com/hooks", events: ["*"], scopes: ["*:read"] };

/** An example of a schema, for the body's first draft: required members, and those with examples. */
function example(schema, depth = 0, named = "") {
  schema = resolve(schema);
  if (SAMPLES[named] !== undefined) return SAMPLES[named];
  if (schema.examples && schema.examples.length) return schema.examples[0];
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined && schema.default !== null) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.properties) {
    // Of several forms, the first one.
    const form = resolve((schema.oneOf || [])[0]);
    const members = { ...schema.properties, ...form.properties };
    const made = {};
    for (const name of [...(schema.required || []), ...(form.required || [])]) {
      if (members[name] && depth < 6) made[name] = example(members[name], depth + 1, name);
    }
    return made;
  }
  const choice = (schema.anyOf || schema.oneOf || schema.allOf || []).find((each) => resolve(each).type !== "null");
  if (choice) return example(choice, depth + 1, named);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "object") return {};
  if (type === "array") return depth < 5 && schema.items ? [example(schema.items, depth + 1)] : [];
  if (type === "integer" || type === "number") return schema.minimum ?? 1;
  if (type === "boolean") return false;
  if (schema.format === "date-time") return new Date(Date.now() + 86400000).toISOString();
  return named ? `my ${named.replace(/_/g, " ")}` : "";
}

function operations() {
  const found = [];
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const method of METHODS) {
      if (methods[method]) found.push({ path, method, ...methods[method], id: methods[method].operationId || `${method} ${path}` });
    }
  }
  return found;
}

function listed() {
  const wanted = byId("search").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map();
  for (const each of operations()) {
    const text = `${each.method} ${each.path} ${each.summary || ""}`.toLowerCase();
    if (!wanted.every((word) => text.includes(word))) continue;
    const tag = (each.tags || ["other"])[0];
    if (!groups.has(tag)) groups.set(tag, []);
    groups.get(tag).push(each);
  }
  const list = byId("operations");
  list.replaceChildren();
  for (const [tag, members] of groups) {
    list.append(el("h2", {}, tag.replace(/-/g, " ")));
    for (const each of members) {
      const current = decodeURIComponent(location.hash.slice(1)) === each.id;
      list.append(el("a", { href: `#${encodeURIComponent(each.id)}`, "aria-current": current ? "page" : false, title: each.path },
        el("span", { class: `verb ${each.method}` }, each.method.toUpperCase()), each.summary || each.path));
    }
  }
  const marked = list.querySelector("[aria-current]");
  if (marked && !wanted.length) marked.scrollIntoView({ block: "center" });
  if (!groups.size) list.append(el("p", { class: "quiet" }, "Nothing fits."));
}

function parameterField(parameter) {
  const schema = resolve(parameter.schema);
  const attributes = { "data-name": parameter.name, "data-in": parameter.in, id: `p-${parameter.in}-${parameter.name}`, spellcheck: "false" };
  let input;
  const choices = schema.enum || (schema.type === "boolean" ? ["true", "false"] : null);
  if (choices) {
    input = el("select", attributes, el("option", { value: "" }, ""), ...choices.map((choice) => el("option", { value: choice }, String(choice))));
  } else {
    input = el("input", { ...attributes, placeholder: schema.default === undefined ? "" : String(schema.default) });
  }
  return el("div", { class: "field" },
    el("label", { for: attributes.id, class: parameter.required ? "must" : "" }, parameter.name), input,
    parameter.description ? el("small", {}, ...prose(parameter.description)) : null);
}

function schemaTable(schema) {
  schema = resolve(schema);
  const rows = Object.entries(schema.properties || {}).map(([name, member]) => {
    const told = resolve(member);
    const kinds = [told, ...(told.anyOf || []).map(resolve)].map((each) => each.enum ? each.enum.join(" | ") : each.type).flat().filter(Boolean);
    const note = [[...new Set(kinds)].join(" or "), told.description || ""].filter(Boolean).join(": ");
    return el("tr", {}, el("td", { class: (schema.required || []).includes(name) ? "must" : "" }, name), el("td", {}, ...prose(note)));
  });
  return rows.length ? el("details", {}, el("summary", {}, "Fields of the body"), el("table", {}, el("tbody", {}, ...rows))) : null;
}

function show() {
  const main = byId("main");
  const wanted = decodeURIComponent(location.hash.slice(1));
  const operation = operations().find((each) => each.id === wanted);
  document.body.toggleAttribute("data-chosen", Boolean(operation));
  listed();
  if (!operation) return welcome(main);
  document.title = `${operation.summary} · Atrium API`;
  const parameters = (operation.parameters || []).filter((each) => !FILLED_BY_PAGE.has(each.name.toLowerCase()));
  const part = (place, title) => {
    const fields = parameters.filter((each) => each.in === place);
    const needed = fields.filter((each) => each.required).map(parameterField);
    const further = fields.filter((each) => !each.required).map(parameterField);
    if (!fields.length) return null;
    return el("section", {}, el("h2", {}, title), ...needed,
      further.length ? el("details", {}, el("summary", {}, `${needed.length ? "Further" : "Optional"}: ${further.length}`), ...further) : null);
  };
  const content = operation.requestBody && operation.requestBody.content && operation.requestBody.content["application/json"];
  const body = content ? el("section", {}, el("h2", {}, "Body"),
    el("textarea", { id: "body", spellcheck: "false", "aria-label": "Body as JSON" }), schemaTable(content.schema)) : null;
  if (body) body.querySelector("textarea").value = JSON.stringify(example(content.schema), null, 2);
  const answers = Object.entries(operation.responses || {}).map(([status, told]) =>
    el("tr", {}, el("td", {}, status), el("td", {}, ...prose(told.description))));
  const scopes = ((operation.security || []).find((each) => each.apiKey) || { apiKey: [] }).apiKey;
  const send = el("button", { type: "submit", id: "send" }, "Send");
  const form = el("form", { id: "request", onsubmit: (event) => { event.preventDefault(); submit(operation, send); } },
    part("path", "Path"), part("query", "Query"), body, headerSection(parameters),
    el("div", { class: "actions" }, send, el("button", { type: "button", class: "plain", onclick: (event) => copyCurl(operation, event.currentTarget) }, "Copy as curl")));
  main.replaceChildren(...[
    el("h1", {}, operation.summary || operation.path),
    el("p", { class: "path" }, el("span", { class: `verb ${operation.method}` }, operation.method.toUpperCase()), operation.path),
    el("p", {}, ...scopes.map((scope) => el("span", { class: "badge" }, `scope ${scope}`)),
      operation.deprecated ? el("span", { class: "badge gone" }, "deprecated") : null,
      ...prose((operation.description || "").replace(/Needs the scope `[^`]+`\.\s*/, ""))),
    form, el("div", { id: "answer", "aria-live": "polite" }),
    el("details", {}, el("summary", {}, "What it may answer"), el("table", {}, el("tbody", {}, ...answers))),
  ]);
  main.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

/** What is seen before an operation is picked. */
function welcome(main) {
  document.title = "Atrium API";
  const about = (api.info.description || "").split(/\n\n+/).map((part) => el("p", {}, ...prose(part)));
  const first = new Map();
  for (const each of operations()) {
    const tag = (each.tags || ["other"])[0];
    first.set(tag, { count: (first.get(tag)?.count || 0) + 1, id: first.get(tag)?.id || each.id });
  }
  const cards = [...first].map(([tag, { count, id }]) =>
    el("a", { class: "card", href: `#${encodeURIComponent(id)}` }, el("strong", {}, tag.replace(/-/g, " ").replace(/^api/, "API")), el("small", {}, `${count} operations`)));
  main.replaceChildren(el("h1", {}, "Atrium API"), ...about,
    el("section", {}, el("h2", {}, "Try it"),
      el("p", {}, "1. Put your key into the field above. It stays in this page and is sent to this gateway alone."),
      el("p", {}, "2. ", el("a", { href: "#get_user" }, "See whose key it is"), ", or pick any other operation, and send.")),
    el("div", { class: "cards" }, ...cards));
  return undefined;
}

function headerSection(parameters) {
  const fields = parameters.filter((each) => each.in === "header");
  return fields.length ? el("details", {}, el("summary", {}, "Headers"), el("section", {}, ...fields.map(parameterField))) : null;
}

/** What is to be sent, as it stands in the form. */
function request(operation) {
  let path = operation.path;
  const query = new URLSearchParams();
  const headers = { Accept: "application/json" };
  for (const input of document.querySelectorAll("#request [data-name]")) {
    const { name, in: place } = input.dataset;
    if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(input.value));
    else if (input.value !== "" && place === "query") query.append(name, input.value);
    else if (input.value !== "" && place === "header") headers[name] = input.value;
  }
  const key = byId("key").value.trim();
  const workspace = byId("workspace").value.trim();
  if (key) headers.Authorization = `Bearer ${key}`;
  if (workspace) headers["X-Workspace-ID"] = workspace;
  const area = byId("body");
  const body = area && area.value.trim() ? area.value : undefined;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const text = query.toString();
  return { url: text ? `${path}?${text}` : path, method: operation.method.toUpperCase(), headers, body };
}

async function submit(operation, button) {
  const { url, method, headers, body } = request(operation);
  const answer = byId("answer");
  button.disabled = true;
  const began = performance.now();
  try {
    const response = await fetch(url, { method, headers, body, credentials: "omit", cache: "no-store" });
    const text = await response.text();
    const took = Math.round(performance.now() - began);
    let shown = text;
    let error = null;
    try {
      const read = JSON.parse(text);
      shown = JSON.stringify(read, null, 2);
      error = response.ok ? null : read.error;
    } catch { /* shown as it came */ }
    const rows = [...response.headers].map(([name, value]) => el("tr", {}, el("td", {}, name), el("td", {}, value)));
    answer.replaceChildren(el("section", {},
      el("h2", {}, el("span", { class: `status ${response.ok ? "good" : "bad"}`, id: "status" }, String(response.status)), ` ${response.statusText} · ${took} ms`),
      error ? refusal(error) : null,
      shown ? el("pre", { id: "answer-body" }, shown) : el("p", { class: "quiet" }, "No body."),
      el("details", {}, el("summary", {}, "Headers"), el("table", {}, el("tbody", {}, ...rows)))));
  } catch (error) {
    answer.replaceChildren(el("section", {}, el("h2", {}, el("span", { class: "status bad" }, "No answer")), el("p", {}, String(error))));
  } finally {
    button.disabled = false;
    answer.scrollIntoView({ block: "nearest" });
  }
}

/** What went wrong, in words: the message, and each field's. */
function refusal(error) {
  const details = Object.entries(error.details || {}).map(([field, messages]) =>
    el("li", {}, el("code", {}, field), ` ${[].concat(messages).join(" ")}`));
  return el("div", { class: "refusal", role: "alert" },
    el("p", {}, el("strong", {}, error.code || ""), ` ${error.message || ""}`),
    details.length ? el("ul", {}, ...details) : null);
}

async function copyCurl(operation, button) {
  const { url, method, headers, body } = request(operation);
  const quote = (text) => `'${String(text).replace(/'/g, "'\\''")}'`;
  const lines = [`curl -sS -X ${method} ${quote(location.origin + url)}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`-H ${quote(`${name}: ${value}`)}`);
  if (body !== undefined) lines.push(`-d ${quote(body)}`);
  const told = button.textContent;
  try {
    await navigator.clipboard.writeText(lines.join(" \\\n  "));
    button.textContent = "Copied";
  } catch {
    button.textContent = "The browser does not let this page copy";
  }
  setTimeout(() => { button.textContent = told; }, 1500);
}

async function start() {
  const response = await fetch("/api/openapi.json", { credentials: "omit" });
  if (!response.ok) throw new Error(`The document can't be loaded (${response.status}).`);
  api = await response.json();
  byId("search").addEventListener("input", listed);
  byId("identity").addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", show);
  window.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName)) {
      event.preventDefault();
      byId("search").focus();
    }
  });
  show();
  document.body.dataset.ready = "true";
}

start().catch((error) => byId("main").replaceChildren(el("p", { class: "status bad" }, String(error.message || error))));
