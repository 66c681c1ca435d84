/** Runs: the root run and its child runs, from their start to their end. */
import type { Bounds, RunFinished, RunStarted } from '../protocol';
import type { Doing, Run } from '../state';
import { endCalls } from './calls';
import type { Draft } from './draft';
import { name, names, number, text } from './read';

export function runStarted(draft: Draft, event: RunStarted): void {
  const parent = event.parent === event.run ? null : name(event.parent);
  const parentStep = number(event.parent_step);
  const isNew = !draft.tree.runs.has(event.run);
  if (isNew && parent !== null) {
    // Before the child: where the parent's start is missing, it is the root all the same.
    const step = draft.step(draft.run(parent), parentStep ?? 0);
    draft.append(step, 'children', event.run);
    draft.totals.children += 1;
  }
  const run = draft.run(event.run);
  run.question = text(event.question) ?? '';
  run.model = name(event.model) ?? '';
  run.subModel = name(event.sub_model) ?? '';
  if (isNew) {
    run.parent = parent;
    run.parentStep = parentStep;
  }
  run.context = Array.isArray(event.context) ? names(event.context) : null;
  run.budget = bounds(event.budget);
  run.description = text(event.description) ?? '';
  run.started = number(event.time);
}

export function runFinished(draft: Draft, event: RunFinished): void {
  const run = draft.run(event.run);
  run.answer = text(event.answer);
  run.answerSeq = run.answer === null ? null : event.seq;
  run.answerType = name(event.answer_type);
  run.answerName = name(event.answer_name);
  run.error = text(event.error);
  end(draft, event.run, event);
  if (event.run === draft.tree.root) {
    for (const [id, { status }] of draft.tree.runs) {
      if (status === null) {
        end(draft, id, { ...event, status: 'interrupted' });
      }
    }
  }
}

function bounds(value: unknown): Bounds {
  const given = (value ?? {}) as Record<string, unknown>;
  return {
    usd: number(given.usd),
    tokens: number(given.tokens),
    calls: number(given.calls),
    seconds: number(given.seconds)
  };
}

function end(draft: Draft, id: string, event: RunFinished): void {
  const run = draft.run(id);
  run.status = event.status;
  run.ended = number(event.time);
  run.doing = run.doing === 'calling' ? 'executing' : run.doing;
  endCalls(draft, run);
  const { tree } = draft;
  tree.questions = without(tree.questions, id);
  tree.waits = without(tree.waits, id);
}

function without<T extends { run: string }>(
  list: readonly T[],
  id: string
): readonly T[] {
  return list.some(({ run }) => run === id)
    ? list.filter(({ run }) => run !== id)
    : list;
}

/** Tells the runs whose code waits for calls from those whose code is busy itself. */
export function settleDoing(draft: Draft): void {
  const { runs } = draft.tree;
  for (const run of runs.values()) {
    if (
      run.status === null &&
      (run.doing === 'executing' || run.doing === 'calling')
    ) {
      const doing: Doing = isCalling(run, runs) ? 'calling' : 'executing';
      if (run.doing !== doing) {
        draft.run(run.id).doing = doing;
      }
    }
  }
}

function isCalling(run: Run, runs: ReadonlyMap<string, Run>): boolean {
  const step = run.steps.at(-1);
  return (
    step !== undefined &&
    (step.planned > 0 ||
      step.calls.some(place => run.calls[place]?.status === 'running') ||
      step.children.some(id => runs.get(id)?.status === null))
  );
}
