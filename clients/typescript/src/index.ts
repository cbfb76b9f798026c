/**
 * The client of restauth: log in once, call guarded endpoints, get typed errors.
 *
 * @packageDocumentation
 */
export type { OperationResult } from './answers.js';
export type { Dialect } from './dialect.js';
export {
  InvalidCredentialsError,
  ProblemError,
  ThrottledError,
  UnauthorizedError,
  UnavailableError,
} from './errors.js';
export type { Credentials, Health, Problem, Token, User, Violation } from './gen/index.js';
export { type CallOptions, type Restauth, type RestauthOptions, createRestauth } from './restauth.js';
