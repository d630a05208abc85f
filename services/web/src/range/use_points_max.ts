/** How many points a chart can tell apart. */
import { onBeforeUnmount, onMounted, ref, type Ref } from "vue";

const POINTS_MIN = 300;
const POINTS_MAX = 1_000;
/** A window that is resized a little asks for nothing new. */
const POINTS_STEP = 100;

/** Returns the points for a chart of this width: about one a pixel, within limits. */
export function pointsFor(pixels: number): number {
  return Math.min(POINTS_MAX, Math.max(POINTS_MIN, Math.round(pixels / POINTS_STEP) * POINTS_STEP));
}

/** Returns the points for the element's width; null until it is on the page. */
export function usePointsMax(element: Ref<HTMLElement | null>): Ref<number | null> {
  const points = ref<number | null>(null);
  const measure = (): void => {
    const width = element.value?.clientWidth ?? 0;
    if (width > 0) points.value = pointsFor(width);
  };
  const observer = new ResizeObserver(measure);
  onMounted(() => {
    measure();
    if (element.value !== null) observer.observe(element.value);
  });
  onBeforeUnmount(() => observer.disconnect());
  return points;
}
