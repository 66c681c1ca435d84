/** The tests' side of the scripted model server; `tests/servers/client.py` says what it can do. */

/** A text, or what `FakeOpenAI` takes as a reply. */
export type Reply =
  | string
  | {
      content: string;
      /** The gate to wait at. */
      hold?: string;
      /** Chunks of a stream that are sent before the gate. */
      hold_after?: number;
      delay?: number;
      chunk?: number;
      status?: number;
    };

export interface Request {
  readonly is_root: boolean;
  /** The last message of the user. */
  readonly prompt: string;
  readonly body: { readonly model: string };
}

interface Counts {
  readonly received: number;
  readonly in_flight: number;
  readonly held: number;
  readonly aborted: number;
}

export class Models {
  private readonly url = process.env['RLM_MODELS_URL'] ?? '';

  /** Queues replies of the root model. */
  async script(...replies: readonly Reply[]): Promise<void> {
    await this.control('script', { replies });
  }

  /** Answers sub-calls whose prompt holds `match`; the first rule that holds is used. */
  async rule(match: string, reply: Reply): Promise<void> {
    await this.control('rule', { match, reply });
  }

  /** Lets go, for good, what a gate holds. */
  async open(gate: string): Promise<void> {
    await this.control('open', { gate });
  }

  /** Waits until each count is at least as given. */
  async wait(counts: Partial<Counts>): Promise<void> {
    const timeout = 20;
    const options = { counts, idle: false, timeout };
    const { reached } = await this.control<{ reached: boolean }>(
      'wait',
      options
    );
    if (!reached) {
      throw new Error(
        `waited ${String(timeout)} s for ${JSON.stringify(counts)}`
      );
    }
  }

  async counts(): Promise<Counts> {
    return (await this.control<{ counts: Counts }>('state')).counts;
  }

  async requests(): Promise<readonly Request[]> {
    const answer = await this.control<{ requests: Request[] }>('requests');
    return answer.requests;
  }

  /** What the root model was asked last: its view of what has happened. */
  async lastRootPrompt(): Promise<string> {
    const requests = await this.requests();
    return requests.findLast(request => request.is_root)?.prompt ?? '';
  }

  /** Forgets everything, and hangs up on what is in flight. */
  async reset(): Promise<void> {
    await this.control('reset');
  }

  private async control<T>(action: string, options: object = {}): Promise<T> {
    const response = await fetch(`${this.url}/control/${action}`, {
      method: 'POST',
      body: JSON.stringify(options)
    });
    if (!response.ok) {
      throw new Error(`${action}: ${await response.text()}`);
    }
    return (await response.json()) as T;
  }
}

/** A reply with a block of code that is to be run. */
export function code(source: string): string {
  return `\`\`\`repl\n${source}\n\`\`\``;
}
