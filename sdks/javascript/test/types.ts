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
    await client.workspaces.update(workspace.id, { settings: { timezone: "UTC" } }, { ifMatch: etag ?? undefined });
  } catch (error) {
    if (error instanceof errors.PreconditionFailed) return error.requestId ?? "";
  }
  // @ts-expect-error a name is required
  await client.workspaces.create({ tier: "pro" });
  // @ts-expect-error there is no such tier
  await client.workspaces.create({ name: "x", tier: "platinum" });
  await webhooks.verify("{}", {}, ["a", "b"], { tolerance: null });
  return first ?? "";
}
