/** The order of silences. */
import type { KeptSilence } from "../api/types";

const STATES = ["active", "between", "to_come", "over"] as const;

/** Returns silences in the order in which people look for them. */
export function arranged(silences: readonly KeptSilence[]): KeptSilence[] {
  const place = ({ state }: KeptSilence): number => (state === null ? -1 : STATES.indexOf(state));
  const start = ({ silence }: KeptSilence): number => (silence === null ? 0 : Date.parse(silence.start));
  return [...silences].sort((one, other) => place(one) - place(other) || start(other) - start(one));
}
