/** One act of a form at a time, and what became of it. */
import { ref, shallowRef } from "vue";
import { refusalOf, type Refusal } from "./refusal";

/** Returns how to run an act, whether one runs, and what the last one was refused for. */
export function useSaving() {
  const busy = ref(false);
  const saved = ref(false);
  const refusal = shallowRef<Refusal | null>(null);

  /** Runs an act unless one runs already; returns whether it was done. */
  async function run(act: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    saved.value = false;
    refusal.value = null;
    try {
      await act();
      saved.value = true;
    } catch (error) {
      refusal.value = refusalOf(error);
    } finally {
      busy.value = false;
    }
    return saved.value;
  }

  /** Tells problems that the page itself has found. */
  function refuse(lines: readonly string[]): void {
    saved.value = false;
    refusal.value = { kind: "problems", lines };
  }

  return { busy, saved, refusal, run, refuse };
}
