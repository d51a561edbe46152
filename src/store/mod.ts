export { openStore, type PoolAddress, type Store, type StoredState } from "./store.ts";
export { StoreError, type StoreErrorCode } from "./store-error.ts";
