/** Pipelines that run: one listener of the process serves all of them, however many there are. */
const watchers = new Set<() => void>();

function onIdle(): void {
  for (const watcher of [...watchers]) watcher();
}

/**
 * Call `watcher` when Node has nothing to do any more and would end the process.
 * @returns stops watching
 */
export function whenIdle(watcher: () => void): () => void {
  if (watchers.size === 0) process.on("beforeExit", onIdle);
  watchers.add(watcher);
  return () => {
    watchers.delete(watcher);
    if (watchers.size === 0) process.off("beforeExit", onIdle);
  };
}
