/** Preferences, the only thing this page keeps in the browser. */

/** Returns the stored preference when it is one of `choices`, else the fallback. */
export function readPreference<Choice extends string>(
  name: string,
  choices: readonly Choice[],
  fallback: Choice,
): Choice {
  let stored: string | null = null;
  try {
    stored = window.localStorage.getItem(`vitalwire.${name}`);
  } catch {
    // A browser may forbid storage; the page works without.
  }
  return choices.find((choice) => choice === stored) ?? fallback;
}

/** Stores a preference, as far as the browser lets it. */
export function writePreference(name: string, choice: string): void {
  try {
    window.localStorage.setItem(`vitalwire.${name}`, choice);
  } catch {
    // As above.
  }
}
