// Compiled, never run: what a user writes is what the types allow, and nothing else.
import { Client, errors, webhooks } from "@atrium/sdk";

export async function story(client: Client): Promise<string> {
  const workspace = await client.workspaces.create({ name: "My Workspace", tier: "pro" });
  const etag: string | null = workspace.lastResponse.etag;
  for await (const namespace of client.namespaces.list({ workspace_id: workspace.id })) {
    const name: string = namespace.name;
    void name;
  }
  const page = await client.workspaces.list({ per_page: 10, sort: ["-created_at", "name"] });
  const first = page.data[0]?.slug;
  try {
    await client.workspaces.update(workspace.id, { settings: { timezone: "UTC" } }, { ifMatch: etag });
  } catch (error) {
    if (error instanceof errors.PreconditionFailed) return error.requestId ?? "";
  }
  await client.workspaces.batch({ operations: [{ action: "create", data: { name: "x" } }, { action: "delete", id: "wks_1" }] });
  await client.packages.create({ code: "starter", name: "Starter", features: [{ feature: "custom-domains" }] });
  await client.webhooks.create({ url: "https://example.com", events: ["*"], rate_limit: { requests: 5 } });
  const unset: string | undefined = process.env["NOWHERE"];
  await new Client(unset, { baseUrl: unset, workspace: unset }).workspaces.update("wks_1", { name: unset });
  // @ts-expect-error there is no such action
  await client.workspaces.batch({ operations: [{ action: "rename", id: "wks_1" }] });
  // @ts-expect-error a name is required
  await client.workspaces.create({ tier: "pro" });
  // @ts-expect-error there is no such tier
  await client.workspaces.create({ name: "x", tier: "platinum" });
  await webhooks.verify("{}", {}, ["a", "b"], { tolerance: null });
  return first ?? "";
}
