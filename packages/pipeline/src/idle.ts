/** Pipelines that run: one listener of the process serves all of them, however many there are. */
const watchers = new Set<() => void>();

function onIdle(): void {
  const stuck = [...watchers];
  watchers.clear();
  process.off("beforeExit", onIdle);
  for (const watcher of stuck) watcher();
  // Node asks once only, unless something has happened since: whatever is begun now may get stuck too.
  setImmediate(() => {});
}

/**
 * Call `watcher` once Node has nothing to do any more and would end the process.
 * @returns stops watching
 */
export function whenIdle(watcher: () => void): () => void {
  if (watchers.size === 0) process.on("beforeExit", onIdle);
  watchers.add(watcher);
  return () => {
    if (watchers.delete(watcher) && watchers.size === 0) process.off("beforeExit", onIdle);
  };
}
