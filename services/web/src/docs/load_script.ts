/** Loads a viewer's own script file, which puts its entry on `window`. */

/** Returns what a script of ours put on `window`; a second call loads nothing again. */
export function loadScript<Entry>(url: string, name: string): Promise<Entry> {
  const loaded = (window as unknown as Record<string, Entry | undefined>)[name];
  if (loaded !== undefined) return Promise.resolve(loaded);
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve((window as unknown as Record<string, Entry>)[name] as Entry);
    script.onerror = () => reject(new Error(url));
    document.head.append(script);
  });
}
