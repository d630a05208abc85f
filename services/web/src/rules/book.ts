/** Rules at the API. */
import { expectBody } from "../api/client";
import type { AlertRule, Backtest, Family, KeptRule } from "../api/types";
import { client } from "../auth/current";
import type { Wish } from "./backtest_pacing";

const PAGE_RULES = 500;

/** Returns every rule by name, page after page. */
export async function listRules(signal: AbortSignal): Promise<KeptRule[]> {
  const rules: KeptRule[] = [];
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = { limit: PAGE_RULES, ...(cursor === null ? {} : { cursor }) };
    const page: { rules: KeptRule[]; next_cursor: string | null } = await expectBody(
      client.GET("/api/v1/rules", { params: { query }, signal }),
    );
    rules.push(...page.rules);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return rules;
}

export function readRule(name: string, signal: AbortSignal): Promise<KeptRule> {
  return expectBody(client.GET("/api/v1/rules/{name}", { params: { path: { name } }, signal }));
}

/** Makes or replaces a rule, unless another revision stands there by now; 0 is that of none. */
export function putRule(rule: AlertRule, revision: number): Promise<KeptRule> {
  const params = { path: { name: rule.name }, query: { revision } };
  return expectBody(client.PUT("/api/v1/rules/{name}", { params, body: rule }));
}

export async function deleteRule(name: string, revision: number): Promise<void> {
  await expectBody(client.DELETE("/api/v1/rules/{name}", { params: { path: { name }, query: { revision } } }));
}

export async function listFamilies(signal: AbortSignal): Promise<Family[]> {
  return (await expectBody(client.GET("/api/v1/families", { signal }))).families;
}

export function backtest({ rule, start }: Wish, signal: AbortSignal): Promise<Backtest> {
  return expectBody(client.POST("/api/v1/rules/backtest", { body: { rule: { ...rule }, start }, signal }));
}
