/** Asks a person about calls that may cost much, before they are sent. */
import type { VNode } from 'preact';

import type { Question, Spend } from '../../state';
import { compact, roughUsd } from '../../text';
import { count } from '../../words';
import { Asked } from './Asked';

export function SpendApproval(props: {
  question: Question;
  spend: Spend;
}): VNode {
  const { question, spend } = props;
  const asks = `Send ${callsOf(spend)}?`;
  const estimate = `About ${costOf(spend)}.`;
  return (
    <Asked
      question={question}
      label={`${asks} ${estimate}`}
      whole
      note="Tokens and price are estimates."
    >
      {() => (
        <p class="rlm-asks">
          <strong>{asks}</strong> {estimate}
        </p>
      )}
    </Asked>
  );
}

/** "1,240 calls to openai/x, about 3.1M tokens, $0.84" */
export function spendWords(spend: Spend): string {
  return `${callsOf(spend)}, about ${costOf(spend)}`;
}

function callsOf({ calls, model }: Spend): string {
  return `${count(calls, 'call')} to ${model}`;
}

function costOf({ tokens, usd }: Spend): string {
  return `${compact(tokens)} tokens, ${usd === null ? 'price unknown' : roughUsd(usd)}`;
}
