/** The sub-calls of a step: what they cost in time and tokens, and each of them in full. */
export { SubCalls } from './SubCalls';
