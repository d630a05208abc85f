/** What a channel may be called, and the addresses of its form. */

const NAME_CHARACTERS_MAX = 64;

/** Returns whether the page can set a channel of this name: its address must name it. */
export function isChannelName(name: string): boolean {
  return name !== "" && name.length <= NAME_CHARACTERS_MAX && !name.includes("/") && name !== "." && name !== "..";
}

/** Returns the addresses in a text, one a line. */
export function parseUrls(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
