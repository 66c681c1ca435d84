/** Which calls ran beside one another: each is in the lowest lane that is free when it starts. */
import type { Call } from '../state';

/** Lanes of a list of calls that grows at its end; what is known of its start is kept. */
export class Lanes {
  /** The lane of each call, by its place in the list. */
  readonly of: number[] = [];
  /** When each lane is free. */
  private readonly free: number[] = [];
  private running: number[] = [];

  /** The most calls that ran at once. */
  get count(): number {
    return this.free.length;
  }

  follow(calls: readonly Call[]): void {
    this.running = this.running.filter(place => {
      const end = endOf(calls[place]);
      this.free[this.of[place] ?? 0] = end;
      return end === Infinity;
    });
    for (let place = this.of.length; place < calls.length; place += 1) {
      const call = calls[place];
      const end = endOf(call);
      const lane = this.firstFree(call?.started ?? 0);
      this.of.push(lane);
      this.free[lane] = end;
      if (end === Infinity) {
        this.running.push(place);
      }
    }
  }

  private firstFree(time: number): number {
    const { free } = this;
    let lane = 0;
    while (lane < free.length && (free[lane] ?? 0) > time + ROUNDING) {
      lane += 1;
    }
    return lane;
  }
}

/** Seconds: times and durations come rounded to four places. */
const ROUNDING = 0.0002;

function endOf(call: Call | undefined): number {
  return (call?.started ?? 0) + (call?.seconds ?? Infinity);
}
