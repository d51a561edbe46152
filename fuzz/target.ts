/** Something that reads what others wrote: it may answer with a value or with one of its own errors, and with nothing else. */
export type Target =
  | {
      readonly kind: "bytes";
      readonly name: string;
      readonly decode: (bytes: Uint8Array) => unknown;
      /** Real messages to start from; all of them must be accepted. */
      readonly samples: readonly Uint8Array[];
      /** Its own errors. */
      readonly refuses: readonly ErrorClass[];
    }
  | {
      readonly kind: "text";
      readonly name: string;
      readonly decode: (text: string) => unknown;
      readonly samples: readonly string[];
      readonly refuses: readonly ErrorClass[];
    };

export type ErrorClass = abstract new (...args: never[]) => Error;
