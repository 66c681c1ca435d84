/** A run and all that belongs to it. */
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';

import { shieldKeys } from '../keys';
import type { RunSource } from '../source';
import { createStore, StoreContext } from '../store';
import { Answer } from './Answer';
import { Header } from './Header';
import { Transcript } from './Transcript';
import { isLive, useSource } from './useSource';

export function Panel({ source }: { source: RunSource }): VNode {
  const { root, runs } = useSource(source, ({ tree }) => tree);
  const live = useSource(source, isLive);
  useSource(source, ({ controls }) => controls?.stopping);
  const store = useMemo(() => createStore(source), [source]);
  const element = useRef<HTMLElement>(null);
  useEffect(
    () => (element.current ? shieldKeys(element.current) : undefined),
    []
  );
  // A run that was watched keeps its height when it ends.
  const watched = useRef(live);
  watched.current ||= live;
  const run = root === null ? undefined : runs.get(root);
  return (
    <StoreContext.Provider value={store}>
      <section class="rlm-panel" aria-label="RLM run" ref={element}>
        {run ? (
          <>
            <Header source={source} run={run} />
            <Answer run={run} />
            <Scroller bounded={watched.current}>
              <Transcript run={run} />
            </Scroller>
            {source.trace !== undefined && (
              <p class="rlm-note">
                Trace <code>{source.trace}</code>
              </p>
            )}
          </>
        ) : (
          <p class="rlm-note">
            {live ? 'Starting…' : 'No run is recorded here.'}
          </p>
        )}
      </section>
    </StoreContext.Provider>
  );
}

/** Follows what is added at the end, as long as the person has not scrolled away from there. */
function Scroller(props: { bounded: boolean; children: VNode }): VNode {
  const element = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const top = useRef(0);
  useLayoutEffect(() => {
    const box = element.current;
    const content = box?.firstElementChild;
    if (!props.bounded || !box || !content) {
      return;
    }
    const follow = (): void => {
      if (atEnd.current) {
        box.scrollTop = box.scrollHeight;
      }
    };
    follow();
    if (typeof ResizeObserver === 'undefined') {
      return;
    }
    const observer = new ResizeObserver(follow);
    observer.observe(content);
    return () => {
      observer.disconnect();
    };
  }, [props.bounded]);
  return (
    <div
      class={`rlm-transcript ${props.bounded ? 'rlm-scroller' : ''}`}
      ref={element}
      onScroll={({ currentTarget: box }) => {
        // Content that grew meanwhile is no sign that the person went up.
        atEnd.current =
          box.scrollHeight - box.scrollTop - box.clientHeight < 8 ||
          (atEnd.current && box.scrollTop >= top.current);
        top.current = box.scrollTop;
      }}
    >
      {props.children}
    </div>
  );
}
