/** Lets a finger move a chart's cursor and select as a mouse does; the chart itself knows only mice. */

/** Turns sideways drags of one finger into drags of a mouse; up and down the page scrolls as ever. */
export function followTouch(over: HTMLElement): void {
  over.style.touchAction = "pan-y";
  const mimic = (type: string, target: EventTarget, { clientX, clientY }: PointerEvent): void => {
    target.dispatchEvent(new MouseEvent(type, { bubbles: true, button: 0, clientX, clientY }));
  };
  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch" || !event.isPrimary) return;
    over.setPointerCapture(event.pointerId);
    mimic("mouseenter", over, event);
    mimic("mousemove", over, event);
    mimic("mousedown", over, event);
  });
  over.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch" && event.isPrimary) mimic("mousemove", over, event);
  });
  // A finger that turned out to scroll the page ends where it began, which selects nothing.
  const end = (event: PointerEvent): void => {
    if (event.pointerType === "touch" && event.isPrimary) mimic("mouseup", document, event);
  };
  over.addEventListener("pointerup", end);
  over.addEventListener("pointercancel", end);
}
