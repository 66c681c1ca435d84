/** Steps: what the root model is asked and says, and what becomes of its code. */
import type {
  CodeDecided,
  CodeExecuted,
  CodeProposed,
  RootFailed,
  RootReplied,
  RootRequested,
  RootStreamed
} from '../protocol';
import type { Question, Step, Strategy } from '../state';
import { joined, upTo } from '../text';
import { endWait } from './calls';
import { abandoned, answered } from './costs';
import type { Draft, Writable } from './draft';
import {
  addTokens,
  addUsd,
  flag,
  name,
  names,
  number,
  text,
  tokens
} from './read';

export function rootRequested(draft: Draft, event: RootRequested): void {
  const run = draft.run(event.run);
  const step = draft.step(run, event.step);
  run.doing = 'asking';
  step.reply = '';
  step.replySeq = null;
}

export function rootStreamed(draft: Draft, event: RootStreamed): void {
  const step = draft.step(draft.run(event.run), event.step);
  endWait(draft, event.run, null);
  if (step.replySeq === null) {
    // A piece may come again, with more behind it.
    const before = upTo(step.reply, number(event.start) ?? Infinity);
    step.reply = joined(before, text(event.text) ?? '');
  }
}

/** A step has several replies where the first were empty; their cost is the step's. */
export function rootReplied(draft: Draft, event: RootReplied): void {
  const step = draft.step(draft.run(event.run), event.step);
  const used = tokens(event.tokens);
  const usd = number(event.usd);
  step.reply = text(event.text) ?? '';
  step.replySeq = event.seq;
  step.cutOff = flag(event.cut_off);
  step.cached = flag(event.cached);
  if (!step.cached) {
    step.usd = step.tokens ? addUsd(step.usd, usd) : usd;
    step.tokens = step.tokens ? addTokens(step.tokens, used) : used;
  }
  answered(draft, step.cached, used, usd);
  rootEnded(draft, step, event);
}

export function rootFailed(draft: Draft, event: RootFailed): void {
  const step = draft.step(draft.run(event.run), event.step);
  step.fault = event.cancelled === true ? null : event.fault;
  rootEnded(draft, step, event);
}

function rootEnded(
  draft: Draft,
  step: Writable<Step>,
  event: RootReplied | RootFailed
): void {
  const seconds = number(event.seconds);
  const retries = number(event.retries) ?? 0;
  step.retries += retries;
  draft.totals.retries += retries;
  step.seconds = seconds === null ? null : (step.seconds ?? 0) + seconds;
  endWait(draft, event.run, null);
  abandoned(draft, event.abandoned);
}

export function codeProposed(draft: Draft, event: CodeProposed): void {
  const run = draft.run(event.run);
  const block = draft.block(draft.step(run, event.step), event.block);
  block.proposedSeq = event.seq;
  block.code = text(event.code) ?? '';
  block.level = name(event.level) ?? '';
  block.chips = names(event.chips);
  block.asked = flag(event.asked);
  run.doing = block.asked ? 'deciding' : 'executing';
  if (block.asked) {
    const { run, step, block } = event;
    draft.append(draft.tree, 'questions', { run, step, block });
  }
}

export function codeDecided(draft: Draft, event: CodeDecided): void {
  const run = draft.run(event.run);
  const block = draft.block(draft.step(run, event.step), event.block);
  const { decision } = event;
  block.decided = {
    decision,
    code: text(event.code),
    note: text(event.note) ?? '',
    rest: flag(event.rest)
  };
  run.doing =
    decision === 'approve' || decision === 'edit' ? 'executing' : 'asking';
  endQuestion(draft, event);
}

/** What `question` names is decided. */
export function endQuestion({ tree }: Draft, question: Question): void {
  const { run, step, block, spend } = question;
  tree.questions = tree.questions.filter(
    asked =>
      asked.run !== run ||
      asked.step !== step ||
      asked.block !== block ||
      asked.spend !== spend
  );
}

export function codeExecuted(draft: Draft, event: CodeExecuted): void {
  const run = draft.run(event.run);
  const block = draft.block(draft.step(run, event.step), event.block);
  const code = text(event.code) ?? '';
  const output = text(event.output) ?? '';
  if (block.proposedSeq === 0) {
    block.proposedSeq = event.seq;
    block.code = code;
  }
  block.executed = {
    seq: event.seq,
    code,
    output,
    outputChars: number(event.output_chars) ?? 0,
    error: text(event.error),
    bound: names(event.bound),
    deleted: names(event.deleted),
    strategies: names(event.strategies) as readonly Strategy[],
    seconds: number(event.seconds)
  };
}
