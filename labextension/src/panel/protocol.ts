export type AnyEvent =
  | RunStarted
  | RootRequested
  | RootStreamed
  | RootReplied
  | CodeProposed
  | CodeDecided
  | CodeExecuted
  | Observed
  | BatchStarted
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
 * chosen. `budget` is that of the whole tree, and is given with its root run.
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
 */
export interface RootReplied {
  seq: number;
  time?: number;
  run: string;
  type: 'root_replied';
  step: number;
  text: string | Cut;
  tokens: Tokens;
  usd: number | null;
  seconds: number;
}
/**
 * Token counts as the provider reported them; `cached` is a part of `input`.
 */
export interface Tokens {
  input?: number;
  cached?: number;
  output?: number;
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
 * `code` is what will run after an edit; with `rest` all that follows is approved, too.
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
 */
export interface BatchStarted {
  seq: number;
  time?: number;
  run: string;
  type: 'batch_started';
  step: number;
  batch: number;
  calls: number;
  children?: boolean;
}
/**
 * A sub-model call is sent.
 *
 * `at_limit`: an `rlm_query` at the depth limit; `threaded`: asked by a thread or a task that the
 * code started, so that its place among the calls is chance.
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
  batch?: number | null;
  at_limit?: boolean;
  threaded?: boolean;
}
/**
 * A sub-model call ended with a reply or an error, or was `cancelled`.
 *
 * `retries` counts the requests that failed before; `cached` says that the reply was in the store.
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
  cancelled?: boolean;
  cached?: boolean;
  retries?: number;
  tokens?: Tokens;
  usd?: number | null;
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
 * `events` are the events of the run with their texts shortened, without `time`, `seconds` and
 * `version`, and with runs numbered from "1" in the order of their start. `setup` is the first of
 * the cells that run the code again: it holds the helpers that the code needs. Where these read
 * the trace it holds `"{trace}"` once, quotes included, to be replaced by the path as JSON.
 */
export interface RunRecord {
  version: 1;
  events: (
    | RunStarted
    | RootRequested
    | RootStreamed
    | RootReplied
    | CodeProposed
    | CodeDecided
    | CodeExecuted
    | Observed
    | BatchStarted
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
 * `steps` replies of root models. Where steps are left out, `step` is the first of them.
 */
export interface Omitted {
  run: string;
  step: number;
  calls: number;
  failed?: number;
  cancelled?: number;
  cached?: number;
  runs?: number;
  steps?: number;
  tokens?: Tokens;
  usd?: number | null;
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
 * A person's decision about a proposed block, sent until the block is seen to be decided.
 *
 * `code` belongs to an edit, `note` to a rejection; `rest` approves all further code of the run.
 */
export interface Decide {
  kind: 'decide';
  run: string;
  step: number;
  block: number;
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
