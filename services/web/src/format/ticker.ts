/** One clock for all ages and time axes of the page. */
import { onScopeDispose, readonly, ref, type Ref } from "vue";
import { serverNow } from "./server_clock";

/** Returns the server's time in milliseconds, renewed every second while the component lives. */
export function useNow(): Readonly<Ref<number>> {
  const now = ref(serverNow());
  const timer = window.setInterval(() => (now.value = serverNow()), 1000);
  onScopeDispose(() => window.clearInterval(timer));
  return readonly(now);
}
