// The scriptable server that all SDKs share, for one test file.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

export async function scripted() {
  const own = `${root}.venv/bin/python`;
  const python = process.env.PYTHON ?? (existsSync(own) ? own : "python3");
  const server = spawn(python, ["-m", "sdks.conformance.server"], { cwd: root, stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await once(server.stdout, "data");
  const base = String(line).trim();
  return {
    base,
    script: (answers) => fetch(`${base}/_script`, { method: "POST", body: JSON.stringify(answers) }),
    requests: async () => (await fetch(`${base}/_requests`)).json(),
    close: async () => {
      server.stdin.end();
      await once(server, "exit");
    },
  };
}
