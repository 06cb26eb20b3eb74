/** Lets something that fails elsewhere end a wait. A race against one long-lived promise would keep a reaction a turn. */
export class Interruptible {
  #failure: { readonly error: unknown } | undefined;
  #reject: ((error: unknown) => void) | undefined;

  /** Make the present wait, and every later one, fail with `error`. The first error counts. */
  interrupt(error: unknown): void {
    this.#failure ??= { error };
    this.#reject?.(this.#failure.error);
  }

  /** What `promise` gives, or the error of {@link interrupt}, whichever is first. One wait at a time. */
  wait<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(resolve, reject);
      this.#reject = reject;
      if (this.#failure !== undefined) reject(this.#failure.error);
    });
  }
}
