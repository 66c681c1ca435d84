/** Calls each of `listeners`, of which one may remove itself or others. */
export function notify(listeners: ReadonlySet<() => void>): void {
  for (const listener of [...listeners]) {
    listener();
  }
}
