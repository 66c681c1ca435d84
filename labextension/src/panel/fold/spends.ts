/** Calls that a person is asked about before they are sent. */
import type { SpendDecided, SpendProposed } from '../protocol';
import type { Draft } from './draft';
import { flag, name, number, text } from './read';
import { endQuestion } from './steps';

export function spendProposed(draft: Draft, event: SpendProposed): void {
  const { step, spend } = event;
  const run = draft.run(event.run);
  const own = draft.step(run, step);
  const block = own.blocks.at(-1)?.block ?? 0;
  draft.append(own, 'spends', {
    spend,
    block,
    calls: number(event.calls) ?? 0,
    model: name(event.model) ?? '',
    tokens: number(event.tokens) ?? 0,
    usd: number(event.usd),
    decided: null
  });
  run.doing = 'deciding';
  draft.append(draft.tree, 'questions', { run: run.id, step, block, spend });
}

export function spendDecided(draft: Draft, event: SpendDecided): void {
  const { step, spend, decision } = event;
  const run = draft.run(event.run);
  const own = draft.step(run, step);
  const place = own.spends.findIndex(each => each.spend === spend);
  if (place >= 0) {
    const asked = draft.at(draft.at(own, 'spends'), place);
    asked.decided = {
      decision,
      note: text(event.note) ?? '',
      rest: flag(event.rest)
    };
    endQuestion(draft, { run: run.id, step, block: asked.block, spend });
  }
  run.doing = 'executing';
}
