/** A page in the background draws no frames; its title has to change all the same. */
const LATEST = 250;

/** Calls `run` once a frame at most, however often the returned function is called. */
export function oncePerFrame(run: () => void): {
  ask(): void;
  cancel(): void;
} {
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const cancel = (): void => {
    if (timer !== null) {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      timer = null;
    }
  };
  const now = (): void => {
    cancel();
    run();
  };
  return {
    ask() {
      if (timer === null) {
        timer = setTimeout(now, LATEST);
        frame = requestAnimationFrame(now);
      }
    },
    cancel
  };
}
