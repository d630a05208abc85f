/** Light, dark, or as the system says. */
import { readonly, ref } from "vue";
import { readPreference, writePreference } from "./stored";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const chosen = ref<Theme>(readPreference("theme", THEMES, "system"));
const systemDark = window.matchMedia("(prefers-color-scheme: dark)");
/** Counts changes of what is shown, so that canvases know when to repaint. */
const revision = ref(0);

export const theme = readonly(chosen);
export const themeRevision = readonly(revision);

/** Shows and remembers a theme. */
export function setTheme(next: Theme): void {
  chosen.value = next;
  writePreference("theme", next);
  applyTheme();
}

/** Puts the chosen theme on the page; called once at the start. */
export function applyTheme(): void {
  document.documentElement.dataset.theme = chosen.value;
  revision.value += 1;
}

systemDark.addEventListener("change", () => (revision.value += 1));
