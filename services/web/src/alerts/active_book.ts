/** The alerts that fire, as a page knows them: listed by the API, kept current by live messages; pure. */
import type { Alert } from "../api/types";

/** So many are kept, the worst; of the others is only known that they are there. */
export const KEPT_MAX = 1_000;

const RANK: Record<Alert["level"], number> = { critical: 0, warning: 1 };

/** Orders alerts as the API does: the worst first, then those that began last. */
export function byWorst(a: Alert, b: Alert): number {
  return RANK[a.level] - RANK[b.level] || Date.parse(b.since) - Date.parse(a.since) || compare(a.incident, b.incident);
}

/** Returns whether what is told of an alert is newer than what is known of it. */
export function isNewer(told: Alert, known: Alert): boolean {
  const later = Date.parse(told.time) - Date.parse(known.time);
  if (told.incident !== known.incident) {
    return later > 0 || (later === 0 && Date.parse(told.since) > Date.parse(known.since));
  }
  if (later !== 0) return later > 0;
  // An incident that is over does not begin again, and what people did is never undone.
  if (told.status !== known.status) return told.status === "ok";
  if (told.comments_count !== known.comments_count) return told.comments_count > known.comments_count;
  return told.acknowledged !== null && known.acknowledged === null;
}

/** What fires. The same message, told twice or late, changes nothing. */
export class ActiveBook {
  #known = new Map<string, Alert>();
  /** What was told while an answer of the API was on its way, which may be older. */
  #meanwhile: Map<string, Alert> | null = null;
  #missedMeanwhile = false;
  #isCut = false;

  /** Whether more fire than are kept. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Whether so many ended that those beyond would find room. */
  get wantsMore(): boolean {
    return this.#isCut && this.#known.size < KEPT_MAX / 2;
  }

  /** Returns the alerts that fire, the worst first. */
  worst(): Alert[] {
    return [...this.#known.values()].sort(byWorst).slice(0, KEPT_MAX);
  }

  /** Notes that the API is asked. */
  ask(): void {
    this.#meanwhile = new Map();
    this.#missedMeanwhile = false;
  }

  /** Takes the answer; returns false where too much came meanwhile to know what is so now: ask again. */
  answer(alerts: readonly Alert[], isCut: boolean): boolean {
    const meanwhile = this.#meanwhile ?? new Map<string, Alert>();
    this.#meanwhile = null;
    this.#known = new Map(alerts.map((alert) => [keyOf(alert), alert]));
    this.#isCut = isCut;
    for (const alert of meanwhile.values()) this.take(alert);
    return !this.#missedMeanwhile;
  }

  /** Takes a live message; returns whether it changed anything. */
  take(alert: Alert): boolean {
    const key = keyOf(alert);
    this.#note(key, alert);
    const known = this.#known.get(key);
    if (known !== undefined && !isNewer(alert, known)) return false;
    if (alert.status === "ok") return this.#known.delete(key);
    this.#known.set(key, alert);
    if (this.#known.size > 2 * KEPT_MAX) this.#trim();
    return true;
  }

  #note(key: string, alert: Alert): void {
    if (this.#meanwhile === null) return;
    const before = this.#meanwhile.get(key);
    if (before !== undefined && !isNewer(alert, before)) return;
    this.#meanwhile.set(key, alert);
    if (this.#meanwhile.size > 2 * KEPT_MAX) {
      this.#meanwhile.clear();
      this.#missedMeanwhile = true;
    }
  }

  #trim(): void {
    this.#known = new Map(this.worst().map((alert) => [keyOf(alert), alert]));
    this.#isCut = true;
  }
}

/** What an alert stays through all its incidents. */
function keyOf(alert: Alert): string {
  return JSON.stringify([alert.rule, alert.host, alert.series]);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
