/** Lets a finger move a chart's cursor and select as a mouse does; the chart itself knows only mice. */

interface Place {
  clientX: number;
  clientY: number;
}

/** Turns sideways drags of one finger into drags of a mouse; up and down the page scrolls as ever. */
export function followTouch(over: HTMLElement): void {
  over.style.touchAction = "pan-y";
  let began: Place = { clientX: 0, clientY: 0 };

  function mimic(type: string, target: EventTarget, { clientX, clientY }: Place): void {
    // The chart passes over moves that say they moved nothing.
    target.dispatchEvent(new MouseEvent(type, { bubbles: true, button: 0, clientX, clientY, movementX: 1 }));
  }

  function listen(type: "pointerdown" | "pointermove" | "pointerup" | "pointercancel", act: (at: Place) => void): void {
    over.addEventListener(type, (event) => {
      if (event.pointerType === "touch" && event.isPrimary) act(event);
    });
  }

  listen("pointerdown", (at) => {
    began = { clientX: at.clientX, clientY: at.clientY };
    mimic("mouseenter", over, at);
    mimic("mousemove", over, at);
    mimic("mousedown", over, at);
  });
  listen("pointermove", (at) => mimic("mousemove", over, at));
  listen("pointerup", (at) => mimic("mouseup", document, at));
  // A finger that turned out to scroll the page goes back to where it began, which selects nothing.
  listen("pointercancel", () => {
    mimic("mousemove", over, began);
    mimic("mouseup", document, began);
  });
}
