export type AnyEvent =
  | RunStarted
  | RootRequested
  | RootStreamed
  | RootReplied
  | RootFailed
  | CallRetried
  | CallHedged
  | CodeProposed
  | CodeDecided
  | CodeExecuted
  | Observed
  | BatchStarted
  | SpendProposed
  | SpendDecided
  | SubCallStarted
  | SubCallFinished
  | Notice
  | RunFinished;
export type FromBrowser = Hello | Decide | StopRun | Fetch;
export type FromKernel = Events | Fetched | Finished;

/**
 * All types of the protocol between kernel, saved files and browser.
 */
export interface Protocol {
  any_event: AnyEvent;
  record: RunRecord;
  record_metadata: RecordMetadata;
  from_browser: FromBrowser;
  from_kernel: FromKernel;
  [k: string]: unknown;
}
/**
 * A run begins: the root run of a question, or a child run (`parent` and `parent_step` set).
 *
 * `context` are the names of the person's variables that the question is about, where they were
 * chosen. `budget` is that of the whole tree, and is given with its root run. `cache` says what
 * the store of replies is used for.
 */
export interface RunStarted {
  seq: number;
  time?: number;
  run: string;
  type: 'run_started';
  question: string | Cut;
  model: string;
  sub_model: string;
  depth: number;
  max_depth: number;
  parent?: string | null;
  parent_step?: number | null;
  context?: string[] | null;
  budget?: Bounds;
  cache?: 'off' | 'on' | 'refresh' | 'replay';
  description: string | Cut;
  version: string;
}
/**
 * A text of `chars` characters, of which only the start and the end are here.
 */
export interface Cut {
  start: string;
  end?: string;
  chars: number;
}
/**
 * The budget of a run tree; None is no bound. Units as in `Budget`.
 */
export interface Bounds {
  usd?: number | null;
  tokens?: number | null;
  calls?: number | null;
  seconds?: number | null;
}
/**
 * The root model is asked; `added` are the messages since the last request of this run.
 */
export interface RootRequested {
  seq: number;
  time?: number;
  run: string;
  type: 'root_requested';
  step: number;
  added: [unknown, unknown][];
}
/**
 * A piece of a root reply that is still being written, `start` characters into it.
 */
export interface RootStreamed {
  seq: number;
  time?: number;
  run: string;
  type: 'root_streamed';
  step: number;
  start: number;
  text: string | Cut;
}
/**
 * The root model's whole reply; `usd` is None where the price is unknown.
 *
 * `cut_off`: it ended at its limit of tokens; `cached`: it was in the store, and cost nothing;
 * `retries` counts the requests that failed before; `key` is its entry in the store.
 */
export interface RootReplied {
  seq: number;
  time?: number;
  run: string;
  type: 'root_replied';
  step: number;
  text: string | Cut;
  cut_off?: boolean;
  cached?: boolean;
  retries?: number;
  key?: string | null;
  tokens: Tokens;
  usd: number | null;
  abandoned?: Abandoned;
  seconds: number;
}
/**
 * Token counts as the provider reported them.
 *
 * Of `input`, `cached` were read from the provider's prefix cache and `written` put into it.
 */
export interface Tokens {
  input?: number;
  cached?: number;
  written?: number;
  output?: number;
}
/**
 * Requests that were given up without a reply and may have been charged, at their worst case.
 *
 * `usd` is None where no price is known.
 */
export interface Abandoned {
  requests?: number;
  tokens?: number;
  usd?: number | null;
}
/**
 * The root model gave no reply, for good; `cancelled`: as the run ended before.
 */
export interface RootFailed {
  seq: number;
  time?: number;
  run: string;
  type: 'root_failed';
  step: number;
  error: string | Cut;
  fault:
    | 'bad_key'
    | 'quota'
    | 'not_found'
    | 'bad_request'
    | 'too_long'
    | 'refused'
    | 'rate_limit'
    | 'overloaded'
    | 'server'
    | 'timeout'
    | 'connection'
    | 'reset'
    | 'truncated'
    | 'malformed'
    | 'empty'
    | 'failed';
  cancelled?: boolean;
  retries?: number;
  abandoned?: Abandoned;
  seconds: number;
}
/**
 * A request failed and is sent again after `wait` seconds; `call` is None for the root's.
 */
export interface CallRetried {
  seq: number;
  time?: number;
  run: string;
  type: 'call_retried';
  step: number;
  call?: number | null;
  error: string | Cut;
  fault:
    | 'bad_key'
    | 'quota'
    | 'not_found'
    | 'bad_request'
    | 'too_long'
    | 'refused'
    | 'rate_limit'
    | 'overloaded'
    | 'server'
    | 'timeout'
    | 'connection'
    | 'reset'
    | 'truncated'
    | 'malformed'
    | 'empty'
    | 'failed';
  wait: number;
}
/**
 * A sub-call takes far longer than the others of its batch and is asked a second time.
 */
export interface CallHedged {
  seq: number;
  time?: number;
  run: string;
  type: 'call_hedged';
  step: number;
  call: number;
}
/**
 * A block of code waits for a decision. `chips` are the review in short plain phrases.
 */
export interface CodeProposed {
  seq: number;
  time?: number;
  run: string;
  type: 'code_proposed';
  step: number;
  block: number;
  code: string | Cut;
  level: string;
  chips: string[];
  asked: boolean;
}
/**
 * What was decided about a proposed block.
 *
 * `code` is what will run after an edit; with `rest` all further code is approved, too.
 */
export interface CodeDecided {
  seq: number;
  time?: number;
  run: string;
  type: 'code_decided';
  step: number;
  block: number;
  decision: 'approve' | 'edit' | 'reject' | 'stop';
  code?: string | Cut | null;
  note?: string | Cut;
  rest?: boolean;
}
/**
 * A block ran. `output` is cut to head and tail, `output_chars` is its true length.
 *
 * `strategies` are those of the paper (section 4.1) that its code and its calls show.
 */
export interface CodeExecuted {
  seq: number;
  time?: number;
  run: string;
  type: 'code_executed';
  step: number;
  block: number;
  code: string | Cut;
  output: string | Cut;
  output_chars: number;
  error?: string | Cut | null;
  bound?: string[];
  deleted?: string[];
  strategies?: (
    | 'peek'
    | 'grep'
    | 'partition_and_map'
    | 'summarise'
    | 'verify'
    | 'recurse'
    | 'long_output'
  )[];
  seconds: number;
}
/**
 * What goes back to the root model after a step.
 */
export interface Observed {
  seq: number;
  time?: number;
  run: string;
  type: 'observed';
  step: number;
  text: string | Cut;
}
/**
 * The code asks for `calls` sub-calls, or child runs, at once.
 *
 * `repeats` more prompts are equal to one of them and get the same reply.
 */
export interface BatchStarted {
  seq: number;
  time?: number;
  run: string;
  type: 'batch_started';
  step: number;
  batch: number;
  calls: number;
  repeats?: number;
  children?: boolean;
}
/**
 * A batch above the person's threshold waits for a decision; `spend` counts them in a run tree.
 *
 * `tokens` and `usd` are estimates; `usd` is None where no price is known.
 */
export interface SpendProposed {
  seq: number;
  time?: number;
  run: string;
  type: 'spend_proposed';
  step: number;
  spend: number;
  calls: number;
  model: string;
  tokens: number;
  usd: number | null;
}
/**
 * What was decided about calls; with `rest` all further calls are approved, too.
 */
export interface SpendDecided {
  seq: number;
  time?: number;
  run: string;
  type: 'spend_decided';
  step: number;
  spend: number;
  decision: 'approve' | 'reject' | 'stop';
  note?: string | Cut;
  rest?: boolean;
}
/**
 * A sub-model call is sent.
 *
 * `at_limit`: an `rlm_query` at the depth limit; `threaded`: asked by a thread or a task that the
 * code started, so that its place among the calls is chance. `images` tells what was sent with the
 * prompt, `parameters` what the code chose for this call.
 */
export interface SubCallStarted {
  seq: number;
  time?: number;
  run: string;
  type: 'sub_call_started';
  step: number;
  call: number;
  model: string;
  prompt: string | Cut;
  images?: string[];
  parameters?: {
    [k: string]: JsonValue;
  };
  batch?: number | null;
  at_limit?: boolean;
  threaded?: boolean;
}
export interface JsonValue {
  [k: string]: unknown;
}
/**
 * A sub-model call ended with a reply or an error, or was `cancelled`.
 *
 * `fault` says how it failed, `cut_off` that the reply ended at its limit of tokens, `cached` that
 * it was in the store and cost nothing, `hedged` that it was asked a second time. `retries` counts
 * the requests that failed before; `key` is the reply's entry in the store.
 */
export interface SubCallFinished {
  seq: number;
  time?: number;
  run: string;
  type: 'sub_call_finished';
  step: number;
  call: number;
  reply?: string | Cut | null;
  error?: string | Cut | null;
  fault?:
    | (
        | 'bad_key'
        | 'quota'
        | 'not_found'
        | 'bad_request'
        | 'too_long'
        | 'refused'
        | 'rate_limit'
        | 'overloaded'
        | 'server'
        | 'timeout'
        | 'connection'
        | 'reset'
        | 'truncated'
        | 'malformed'
        | 'empty'
        | 'failed'
      )
    | null;
  cancelled?: boolean;
  cut_off?: boolean;
  cached?: boolean;
  hedged?: boolean;
  retries?: number;
  key?: string | null;
  tokens?: Tokens;
  usd?: number | null;
  abandoned?: Abandoned;
  seconds: number;
}
/**
 * Something that the person should know and that changes nothing in the run.
 */
export interface Notice {
  seq: number;
  time?: number;
  run: string;
  type: 'notice';
  text: string | Cut;
}
/**
 * A run ended. `answer` is the answer as text, `error` one sentence where there is none.
 */
export interface RunFinished {
  seq: number;
  time?: number;
  run: string;
  type: 'run_finished';
  status:
    | 'answered'
    | 'fallback'
    | 'stopped'
    | 'over_budget'
    | 'interrupted'
    | 'failed';
  answer?: string | Cut | null;
  answer_type?: string | null;
  answer_name?: string | null;
  error?: string | Cut | null;
}
/**
 * A run as data that a deterministic model makes the same each time.
 *
 * `events` are the events of the run with their texts shortened, without `time`, `seconds`, `key`
 * and `version`, and with runs numbered from "1" in the order of their start. `setup` is the first
 * of the cells that run the code again: it holds the helpers that the code needs. Where these read
 * the trace it holds `"{trace}"` once, quotes included, to be replaced by the path as JSON.
 */
export interface RunRecord {
  version: 1;
  events: (
    | RunStarted
    | RootRequested
    | RootStreamed
    | RootReplied
    | RootFailed
    | CallRetried
    | CallHedged
    | CodeProposed
    | CodeDecided
    | CodeExecuted
    | Observed
    | BatchStarted
    | SpendProposed
    | SpendDecided
    | SubCallStarted
    | SubCallFinished
    | Notice
    | RunFinished
  )[];
  omitted?: Omitted[];
  setup?: string;
}
/**
 * What a step held that the record has no room for, and what it used together.
 *
 * `calls` counts sub-calls, `failed` and `cancelled` ones among them; `runs` child runs, and
 * `steps` replies of root models. `cached` counts the replies among both that came from the store,
 * `retries` requests that were sent again. Where steps are left out, `step` is the first of them.
 */
export interface Omitted {
  run: string;
  step: number;
  calls: number;
  failed?: number;
  cancelled?: number;
  cached?: number;
  retries?: number;
  runs?: number;
  steps?: number;
  tokens?: Tokens;
  usd?: number | null;
  abandoned?: Abandoned;
}
/**
 * What differs from run to run.
 *
 * `times` is whole milliseconds from `started` to each event, with spaces between: a list would
 * take a line of the notebook for each.
 */
export interface RecordMetadata {
  run: string;
  trace: string | null;
  started: number;
  times: string;
}
/**
 * A browser listens, and has the events up to `have`; it is sent again after a gap.
 */
export interface Hello {
  kind: 'hello';
  have: number;
}
/**
 * A person's decision about a proposed block, or about the batch `spend` that its code sends.
 *
 * It is sent until the question is seen to be decided. `code` belongs to an edit of a block,
 * `note` to a rejection; `rest` approves all further code of the run, or all its further calls.
 */
export interface Decide {
  kind: 'decide';
  run: string;
  step: number;
  block: number;
  spend?: number;
  decision: 'approve' | 'edit' | 'reject' | 'stop';
  code?: string | null;
  note?: string;
  rest?: boolean;
}
/**
 * End the run.
 */
export interface StopRun {
  kind: 'stop';
}
/**
 * Send the event `seq` with its texts in full.
 */
export interface Fetch {
  kind: 'fetch';
  seq: number;
}
/**
 * The events behind `after`, up to `last`: JSON lines in the message's one buffer.
 *
 * `now` is the kernel's clock. Pieces of a reply that is being streamed may be joined.
 */
export interface Events {
  kind: 'events';
  after: number;
  last: number;
  now: number;
}
/**
 * The event that was asked for, as JSON in the message's one buffer.
 */
export interface Fetched {
  kind: 'fetched';
  seq: number;
}
/**
 * The run has ended; `data` and `metadata` are the saved record, by MIME type.
 */
export interface Finished {
  kind: 'finished';
  data: {
    [k: string]: unknown;
  };
  metadata: {
    [k: string]: unknown;
  };
}
