import { type InvalidCredentialsError, UnauthorizedError, errorOf } from './errors.js';
import type { Health, Token, User } from './gen/index.js';

/** The error for 401, which depends on what was asked. */
type Refused = typeof InvalidCredentialsError | typeof UnauthorizedError;

/** What the generated operations resolve to. */
export type OperationResult<T> = { data?: T; error?: unknown; response?: Response };

/** settle resolves to an operation's data, or rejects; refused is the error for 401. */
export async function settle<T>(
  operation: Promise<OperationResult<T>>,
  refused: Refused = UnauthorizedError,
): Promise<T> {
  const { data, error, response } = await operation;
  // Without a response the error is what the exchange rejected with.
  if (!response) throw error;
  if (!response.ok) throw errorOf(response, error, refused);
  return data as T;
}

/** checked is settle for an answer that is looked at before its type is believed. */
export async function checked<T>(
  is: (data: unknown) => data is T,
  operation: Promise<OperationResult<T>>,
  refused?: Refused,
): Promise<T> {
  let data: unknown;
  try {
    data = await settle(operation, refused);
  } catch (error) {
    // JSON.parse's words quote the answer, which may hold a token.
    if (error instanceof SyntaxError) throw unexpected();
    throw error;
  }
  if (!is(data)) throw unexpected();
  return data;
}

function unexpected(): TypeError {
  return new TypeError(
    'the answer is not as the contract says; is baseUrl the address of a restauth server?',
  );
}

// What is checked of an answer before its type is believed. A wrong base URL
// often answers 200 too, with a page.

/** The members of a Token that are relied on. */
export function isToken(value: unknown): value is Token {
  if (!isObject(value)) return false;
  const { access_token: token, expires_in: seconds } = value;
  return typeof token === 'string' && token !== '' && typeof seconds === 'number' && seconds > 0;
}

/** A User, whose two names of the key agree as far as a number can, where it has both. */
export function isUser(value: unknown): value is User {
  if (!isObject(value)) return false;
  const { id, subject, username } = value;
  if (typeof subject !== 'string' || subject === '') return false;
  const isNumber =
    typeof id === 'number' &&
    Number.isInteger(id) &&
    /^(0|-?[1-9][0-9]{0,18})$/.test(subject) &&
    id === Number(subject);
  return (
    (isNumber || id === undefined) &&
    (username === undefined || typeof username === 'string')
  );
}

/**
 * The same user, whose id throws when it is read where JSON.parse has taken digits from it: it
 * would name somebody else. `subject` has them all.
 */
export function withoutLostDigits(user: User): User {
  if (user.id === undefined || Number.isSafeInteger(user.id)) return user;
  return Object.defineProperty(user, 'id', {
    enumerable: false, // A copy, or JSON.stringify, goes without.
    get() {
      throw new RangeError('the id of this user is beyond 2^53, more than a number holds; use its subject');
    },
  });
}

/** The message of /rest-auth. */
export function isMessage(value: unknown): value is string {
  return typeof value === 'string';
}

/** A Health. */
export function isHealth(value: unknown): value is Health {
  return isObject(value) && value.status === 'ok';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
