/** The page's routes, and who may see them. */
import { watch } from "vue";
import { createRouter, createWebHashHistory } from "vue-router";
import { resume, sessionState } from "./auth/current";
import HostsView from "./hosts/HostsView.vue";
import NotFoundView from "./NotFoundView.vue";

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: "/", name: "hosts", component: HostsView },
    { path: "/hosts/:host", name: "host", component: () => import("./host/HostView.vue"), props: true },
    { path: "/compare", name: "compare", component: () => import("./compare/CompareView.vue") },
    { path: "/alerts", name: "alerts", component: () => import("./alerts/AlertsView.vue") },
    { path: "/alerts/history", name: "alert-history", component: () => import("./alerts/HistoryView.vue") },
    { path: "/alerts/:incident", name: "alert", component: () => import("./alerts/IncidentView.vue"), props: true },
    { path: "/rules", name: "rules", component: () => import("./rules/RulesView.vue") },
    {
      path: "/rules/new",
      name: "rule-new",
      component: () => import("./rules/RuleView.vue"),
      // A rule may be called as this address is: its own is another.
      props: (to) => ({ name: to.query.rule === "new" ? "new" : null }),
    },
    { path: "/rules/:name", name: "rule", component: () => import("./rules/RuleView.vue"), props: true },
    { path: "/silences", name: "silences", component: () => import("./silences/SilencesView.vue") },
    { path: "/channels", name: "channels", component: () => import("./channels/ChannelsView.vue") },
    { path: "/account", name: "account", component: () => import("./auth/AccountView.vue") },
    { path: "/docs/swagger", name: "swagger", component: () => import("./docs/SwaggerView.vue") },
    { path: "/docs/redoc", name: "redoc", component: () => import("./docs/RedocView.vue") },
    { path: "/sign-in", name: "sign-in", component: () => import("./auth/SignInView.vue"), meta: { open: true } },
    { path: "/hosts", redirect: "/" },
    { path: "/:rest(.*)*", name: "not-found", component: NotFoundView },
  ],
});

router.beforeEach(async (to) => {
  if (sessionState.value.status === "unknown") await resume();
  const signedIn = sessionState.value.status === "signed-in";
  if (to.meta.open === true) return signedIn ? { name: "hosts" } : true;
  return signedIn ? true : { name: "sign-in", query: to.fullPath === "/" ? {} : { next: to.fullPath } };
});

watch(
  () => sessionState.value.status,
  (status) => {
    const at = router.currentRoute.value;
    if (status === "signed-out" && at.meta.open !== true && at.matched.length > 0) {
      void router.push({ name: "sign-in", query: at.fullPath === "/" ? {} : { next: at.fullPath } });
    }
  },
);
