/** What a role may do on the page; the API decides all the same. */

/** Returns whether a role acts on alerts and sets rules, silences and routes. */
export function operates(role: string): boolean {
  return role === "operator" || role === "admin";
}

/** Returns whether a role sets channels, which are secrets. */
export function administers(role: string): boolean {
  return role === "admin";
}
