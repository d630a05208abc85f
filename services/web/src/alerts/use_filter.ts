/** The filter of a list, in the address. */
import { computed } from "vue";
import { useRoute, useRouter } from "vue-router";
import { filterQuery, parseFilter, type AlertFilter } from "./filter";

/** Returns the filter and how another is chosen; what else is in the address stays. */
export function useFilter() {
  const route = useRoute();
  const router = useRouter();
  const filter = computed(() => parseFilter(route.query));

  function choose(chosen: AlertFilter): void {
    void router.replace({ query: { ...route.query, ...filterQuery(chosen) } });
  }
  return { filter, choose };
}
