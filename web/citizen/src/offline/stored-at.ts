/** Header with which the service worker marks an answer it had kept. */
export const STORED_AT = "Hejnal-Stored-At";
