/** Colours of series, from the page's design tokens. */

const COLORS = 10;

/** Returns the name of the token for the series at this place. */
export function colorName(index: number): string {
  return `--series-${(index % COLORS) + 1}`;
}

/** Returns a token as a colour that a canvas understands, in the theme that `element` is shown in. */
export function resolveColor(element: HTMLElement, token: string): string {
  // A canvas knows neither var() nor light-dark(); the computed colour of an element is plain.
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  element.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}
