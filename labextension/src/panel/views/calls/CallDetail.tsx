/** One call: its facts, its prompt and its reply. */
import type { VNode } from 'preact';

import type { RunSource } from '../../source';
import type { Call } from '../../state';
import { duration, number, usd } from '../../text';
import { StatusSign } from './columns';
import { notesOf } from './summary';
import { WholeText } from './WholeText';

export function CallDetail({
  call,
  source
}: {
  call: Call;
  source: RunSource;
}): VNode {
  const result = call.reply ?? call.error;
  const field = call.error === null ? 'reply' : 'error';
  return (
    <div
      class="rlm-call-detail"
      role="group"
      aria-label={`Sub-call ${String(call.call)}`}
    >
      <p class="rlm-call-facts">
        <StatusSign call={call} />
        {facts(call).map(fact => (
          <span key={fact}>{fact}</span>
        ))}
      </p>
      <div class="rlm-call-texts">
        <WholeText
          title="Prompt"
          text={call.prompt}
          seq={call.promptSeq}
          field="prompt"
          source={source}
        />
        {result !== null && (
          <WholeText
            title={field === 'reply' ? 'Reply' : 'Error'}
            text={result}
            seq={call.replySeq}
            field={field}
            source={source}
          />
        )}
      </div>
    </div>
  );
}

function facts(call: Call): string[] {
  const { input, cached, output } = call.tokens;
  return [
    `#${String(call.call)} ${call.status}`,
    call.model,
    call.atLimit ? 'rlm_query at the depth limit' : '',
    call.seconds === null ? '' : duration(call.seconds),
    input + output === 0
      ? ''
      : `${number(input)}${cached > 0 ? ` (${number(cached)} cached)` : ''} → ${number(output)} tokens`,
    call.usd ? usd(call.usd) : '',
    ...notesOf({ ...call, images: [] }),
    ...call.images,
    ...call.parameters
  ].filter(fact => fact !== '');
}
