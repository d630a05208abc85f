/** Channels and routes at the API. */
import { expectBody } from "../api/client";
import type { AlertRouting, ChannelTest, KeptRouting } from "../api/types";
import { client } from "../auth/current";

/** Makes a channel, or replaces all its addresses; nothing ever gives these back. */
export async function putChannel(name: string, urls: string[]): Promise<void> {
  await expectBody(client.PUT("/api/v1/channels/{name}", { params: { path: { name } }, body: { urls } }));
}

export async function deleteChannel(name: string): Promise<void> {
  await expectBody(client.DELETE("/api/v1/channels/{name}", { params: { path: { name } } }));
}

/** Has the notifier send a test message to each address; takes 20 s at most. */
export function testChannel(name: string): Promise<ChannelTest> {
  return expectBody(client.POST("/api/v1/channels/{name}/test", { params: { path: { name } } }));
}

export async function readRoutes(signal: AbortSignal): Promise<KeptRouting> {
  // The client's type of an answer has lost that `hours` are two.
  return (await expectBody(client.GET("/api/v1/routes", { signal }))) as KeptRouting;
}

/** Replaces routes and policy, unless another revision stands there by now. */
export async function putRoutes(routing: AlertRouting, revision: number): Promise<KeptRouting> {
  const request = client.PUT("/api/v1/routes", { params: { query: { revision } }, body: routing });
  return (await expectBody(request)) as KeptRouting;
}
