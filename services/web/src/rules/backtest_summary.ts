/** What of a back-test's answer is shown: a page shows some, whatever was found. */
import type { Backtest } from "../api/types";

export const INCIDENTS_SHOWN_MAX = 20;
export const HOSTS_SHOWN_MAX = 10;

type Incident = Backtest["incidents"][number];
type Host = Backtest["hosts"][number];

/** Returns the newest incidents of all hosts, the newest first. */
export function newestIncidents({ incidents }: Backtest): Incident[] {
  return [...incidents]
    .sort((one, other) => Date.parse(other.fired_at) - Date.parse(one.fired_at))
    .slice(0, INCIDENTS_SHOWN_MAX);
}

/** Returns the hosts that would have told anything, those first of which it would have told longest. */
export function worstHosts({ hosts }: Backtest): Host[] {
  return hosts
    .filter(({ incidents }) => incidents > 0)
    .sort((one, other) => other.seconds - one.seconds)
    .slice(0, HOSTS_SHOWN_MAX);
}
