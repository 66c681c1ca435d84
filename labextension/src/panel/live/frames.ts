/** A page in the background draws no frames; its title has to change all the same. */
const LATEST = 250;

/** Calls `run` once a frame at most, however often the returned function is called. */
export function oncePerFrame(run: () => void): () => void {
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const now = (): void => {
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    timer = undefined;
    run();
  };
  return () => {
    if (timer === undefined) {
      timer = setTimeout(now, LATEST);
      frame = requestAnimationFrame(now);
    }
  };
}
